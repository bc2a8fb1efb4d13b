import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAwsFile } from "@tegata/aws-config-files";
import { parse as parseToml } from "smol-toml";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { findProgram, need } from "./support/needs.ts";
import { binaryFolder, script } from "./support/programs.ts";
import { start } from "./support/run.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

const folder = fileURLToPath(new URL("../../../docs/guides/", import.meta.url));
const tools = ["aws", "claude", "code", "docker", "kubectl", "ssh", "terraform"];

interface Block {
  /** `sh`, `toml` and so on. */
  readonly language: string;
  /** What stands in parentheses behind it. */
  readonly mark: string;
  readonly text: string;
}

async function blocksOf(page: string): Promise<readonly Block[]> {
  const text = await readFile(join(folder, `${page}.md`), "utf8");
  return [...text.matchAll(/^( *)```([\w-]+)(?: \((.*)\))?\n([^]*?)^ *```$/gm)].map(
    ([, indent = "", language = "", mark = "", content = ""]) => ({
      language,
      mark,
      text: content.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
}

async function blockIn(page: string, language: string): Promise<Block | undefined> {
  return (await blocksOf(page)).find((block) => block.language === language);
}

const called = v.looseObject({
  name: v.string(),
  args: v.array(v.string()),
  credentials: v.optional(v.looseObject({ secretAccessKey: v.string(), sessionToken: v.string() })),
});

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const readonly = /\[profile\.readonly\][^[]*/.exec(settingsOf(world.sandbox))?.[0] ?? "";
  await world.writeSettings(`${settingsOf(world.sandbox)}\n${readonly.replace("profile.readonly", "profile.prod")}`);
  await world.signIn("dev");
  const toolScript = script("guide-tools.ts").join(" ");
  const bin = join(world.folder, "bin");
  await mkdir(bin);
  await Promise.all(
    tools.map((tool) =>
      writeFile(join(bin, tool), `#!/bin/sh\nexec ${toolScript} ${tool} ${world.folder} "$@"\n`, { mode: 0o755 }),
    ),
  );
});
afterAll(() => world.close());

const environment = () => ({
  ...world.env,
  PATH: [join(world.folder, "bin"), binaryFolder, world.env["PATH"]].join(":"),
  AWS_ENDPOINT_URL_STS: world.sandbox.sts.endpoint,
});

/** As pasted into bash; a sign-in that it asks for is approved. */
async function paste(
  text: string,
  prefix?: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
) {
  const here = text.replaceAll("/dev/shm", world.folder);
  const shell = ["bash", "-c", `set -euo pipefail\n${here}`] as const;
  const running = start(prefix === undefined ? shell : [...prefix, ...shell], {
    cwd: world.folder,
    env: { ...environment(), ...env },
    limitSeconds: 60,
  });
  const approved = running.stderrMatching(/open (\S+)\n/).then(
    ([, url = ""]) => world.sandbox.approve(url),
    () => undefined,
  );
  const ended = await running.ended;
  await approved;
  expect({ text, status: ended.status, stderr: ended.status === 0 ? "" : ended.stderr }).toEqual({
    text,
    status: 0,
    stderr: "",
  });
  return ended;
}

/** Each block of commands of a page, in order. */
async function pasteAll(page: string) {
  await rm(join(world.folder, "calls"), { force: true });
  for (const text of await commandsOf(page)) {
    await paste(text);
  }
}

async function commandsOf(page: string): Promise<readonly string[]> {
  const blocks = await blocksOf(page);
  return blocks
    .filter(({ language, mark }) => language === "sh" && !mark.startsWith("not run: "))
    .map(({ text }) => text);
}

/** What was run besides tegata, in order. All who had credentials had those of this world. */
async function calls() {
  const lines = (await readFile(join(world.folder, "calls"), "utf8")).trim().split("\n");
  const all = lines.map((line) => v.parse(called, JSON.parse(line)));
  const secrets = new Set(world.sandbox.secrets().map(({ value }) => value));
  const strangers = all.filter(
    ({ credentials: found }) =>
      found !== undefined && !(secrets.has(found.secretAccessKey) && secrets.has(found.sessionToken)),
  );
  expect(strangers).toEqual([]);
  return all;
}

const withCredentials = (all: Awaited<ReturnType<typeof calls>>) =>
  all.filter((each) => each.credentials !== undefined).map(({ name }) => name);

describe("docs/guides", () => {
  it("has only pages whose blocks are run or read here, or that say why not", async () => {
    const pages = (await readdir(folder)).map((name) => name.replace(".md", ""));
    expect(pages.toSorted()).toEqual(
      [
        "README",
        "agents",
        "company",
        "containers",
        "editors",
        "kubernetes",
        "prompts",
        "ssh",
        "terraform",
        "wsl",
      ].toSorted(),
    );
    const blocks = (await Promise.all(pages.map(blocksOf))).flat();
    const read = new Set(["sh", "toml", "json", "yaml", "hcl", "ini", "zsh", "fish", "ssh-config"]);
    expect(blocks.filter(({ language }) => !read.has(language))).toEqual([]);
    expect(blocks.filter(({ mark }) => !/^(|as root|not run: needs [a-zA-Z ]+)$/.test(mark))).toEqual([]);
    expect(blocks.filter(({ mark }) => mark.startsWith("not run")).length).toBeLessThanOrEqual(2);
  });

  it("begins each page with lines to paste", async () => {
    const pages = (await readdir(folder)).filter((name) => name !== "README.md");
    for (const page of pages) {
      const lines = (await readFile(join(folder, page), "utf8")).split("\n").slice(0, 6);
      expect({ page, begins: lines.some((line) => line.startsWith("```sh")) }).toEqual({ page, begins: true });
    }
  });
});

describe("docs/guides/terraform.md", () => {
  it("has commands whose Terraform gets credentials, by profile, variables and endpoint", async () => {
    await pasteAll("terraform");
    expect(withCredentials(await calls())).toEqual(["terraform", "terraform", "terraform"]);
  });

  it("has a configuration that Terraform itself reads, of profiles that are there", async (context) => {
    const terraform = need("terraform", context);
    const configuration = await blockIn("terraform", "hcl");
    const text = configuration?.text ?? "";
    const { status, stdout } = spawnSync(terraform, ["fmt", "-check", "-diff", "-"], { input: text });
    expect([status, stdout.toString()]).toEqual([0, ""]);
    const named = [...text.matchAll(/profile\s+= "(.*)"/g)].map(([, name]) => name);
    expect(named).toEqual(["dev", "readonly", "dev"]);
  });
});

describe("docs/guides/containers.md", () => {
  it("has commands whose containers get credentials, and no file of keys is left", async () => {
    const blocks = await blocksOf("containers");
    const compose = blocks.find(({ language }) => language === "yaml")?.text ?? "";
    await writeFile(join(world.folder, "compose.yaml"), compose);
    await pasteAll("containers");
    expect(withCredentials(await calls())).toEqual(["docker", "docker", "docker"]);
  });

  it("has a dev container that mounts the folders in which tegata stores things, and whose command can be run", async () => {
    const container = await blockIn("containers", "json");
    const { mounts, postCreateCommand, remoteEnv } = v.parse(
      v.looseObject({
        mounts: v.array(v.string()),
        postCreateCommand: v.string(),
        remoteEnv: v.record(v.string(), v.string()),
      }),
      JSON.parse(container?.text ?? ""),
    );
    const targets = mounts.map((mount) => /target=\/home\/vscode\/([^,]+)/.exec(mount)?.[1]);
    const home = world.env["HOME"] ?? "";
    expect(targets.map((each) => join(home, each ?? ""))).toEqual([
      world.stateDir,
      world.cacheDir,
      join(home, ".config/tegata"),
    ]);
    await paste(postCreateCommand, undefined, remoteEnv);
  });
});

describe("docs/guides/kubernetes.md", () => {
  it("has commands whose kubectl gets a token by the profile", async () => {
    const file = await blockIn("kubernetes", "yaml");
    await writeFile(join(world.folder, "kubeconfig.yaml"), file?.text ?? "");
    await pasteAll("kubernetes");
    const all = await calls();
    expect(all.find(({ name }) => name === "kubectl")).toMatchObject({ token: "k8s-aws-v1.x" });
    expect(all.find(({ name }) => name === "docker")).toMatchObject({ password: "password-of-a-registry" });
    // update-kubeconfig, get-token and get-login-password.
    expect(withCredentials(all)).toEqual(["aws", "aws", "aws"]);
  });
});

describe("docs/guides/editors.md", () => {
  it("has commands that write tegata by its path, and an editor that gets credentials", async () => {
    await rm(join(world.folder, "home/.aws"), { recursive: true, force: true });
    await pasteAll("editors");
    expect(withCredentials(await calls())).toEqual(["code"]);
    const config = await readFile(join(world.folder, "home/.aws/config"), "utf8");
    expect(config).toContain(`credential_process = ${binaryFolder}/tegata credential-process dev\n`);
    await paste("tegata aws-config --write");
    expect(await readFile(join(world.folder, "home/.aws/config"), "utf8")).toBe(config);
    await rm(join(world.folder, "home/.aws"), { recursive: true, force: true });
  });

  it("has settings that name a profile", async () => {
    const named = (await blocksOf("editors"))
      .filter(({ language }) => language === "json")
      .flatMap(({ text }) => JSON.stringify(JSON.parse(text)).match(/"AWS_PROFILE":"(\w+)"/g) ?? []);
    expect(new Set(named)).toEqual(new Set(['"AWS_PROFILE":"dev"']));
    expect(named).toHaveLength(4);
  });
});

describe("docs/guides/agents.md", () => {
  it("has commands whose agent gets credentials, and a profile with less rights than the role has", async () => {
    const profile = await blockIn("agents", "toml");
    const before = await readFile(world.settingsFile, "utf8");
    await world.writeSettings(`${before}\n${profile?.text}sts_endpoint = "${world.sandbox.sts.endpoint}"\n`);
    await pasteAll("agents");
    await world.writeSettings(before);
    expect(withCredentials(await calls())).toEqual(["claude", "claude"]);
  });

  it("has commands for Claude Code that print credentials, and sign in without input", async () => {
    const settings = await blockIn("agents", "json");
    const { awsCredentialExport, awsAuthRefresh } = v.parse(
      v.looseObject({ awsCredentialExport: v.string(), awsAuthRefresh: v.string() }),
      JSON.parse(settings?.text ?? ""),
    );
    const { stdout } = await paste(awsCredentialExport);
    expect(Object.keys(v.parse(v.record(v.string(), v.unknown()), JSON.parse(stdout)))).toEqual(
      expect.arrayContaining(["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]),
    );
    await paste(awsAuthRefresh);
  });
});

describe("docs/guides/wsl.md", () => {
  it("has commands that succeed, and files that their readers take apart", async () => {
    await pasteAll("wsl");
    const files = (await blocksOf("wsl")).filter(({ language }) => language === "ini");
    const read = files.map(({ text }) => parseAwsFile(text));
    expect(read.flatMap(({ problems }) => problems)).toEqual([]);
    expect(read.map(({ sections }) => sections.map(({ name, keys }) => [name, ...keys.map(({ key }) => key)]))).toEqual(
      [[["automount", "options"]], [["profile dev", "credential_process"]]],
    );
  });
});

describe("docs/guides/ssh.md", () => {
  it("has commands whose program on the other side gets credentials, and no file of keys is left there", async () => {
    await pasteAll("ssh");
    expect(withCredentials(await calls())).toEqual(["aws", "aws"]);
    expect(await readdir(world.folder)).not.toContain("aws-env");
  });

  it("has a configuration that ssh itself reads, and settings that tegata reads", async (context) => {
    const blocks = await blocksOf("ssh");
    const config = join(world.folder, "ssh-config");
    await writeFile(config, blocks.find(({ language }) => language === "ssh-config")?.text ?? "");
    const settings = join(world.folder, "other.toml");
    await writeFile(settings, blocks.find(({ language }) => language === "toml")?.text ?? "");
    expect(await world.run(["profiles", "--config", settings])).toMatchObject({ status: 0 });
    const { stdout, status } = spawnSync(need("ssh", context), ["-G", "-F", config, "i-0123456789"]);
    expect(status).toBe(0);
    expect(stdout.toString()).toContain("proxycommand aws ssm start-session --profile dev --target %h");
  });
});

const shown = async (language: string, at = 0) =>
  (await blocksOf("prompts")).filter((block) => block.language === language)[at]?.text ?? "";

describe("docs/guides/prompts.md", () => {
  it("has lines for bash that show the profile, and nothing without one", async () => {
    const prompt = await shown("sh");
    const coloured = await shown("sh", 1);
    const { stdout } = await paste(
      `PS1='$ '\n${prompt}\nprintf '%s|' "\${PS1@P}"; TEGATA_PROFILE=dev; printf '%s|' "\${PS1@P}"; unset TEGATA_PROFILE\nPS1='$ '\n${coloured}\nfor TEGATA_PROFILE in dev prod-eu; do printf '%s|' "\${PS1@P}"; done`,
    );
    expect(stdout.split("|").map((each) => each.replaceAll("\u0001", "").replaceAll("\u0002", ""))).toEqual([
      "$ ",
      "[dev] $ ",
      "[dev] $ ",
      "\u001b[41m[prod-eu]\u001b[0m $ ",
      "",
    ]);
  });

  it("has lines for zsh and fish that show it", async (context: TestContext) => {
    const zsh = need("zsh", context);
    const fish = need("fish", context);
    const env = { ...environment(), TEGATA_PROFILE: "dev" };
    const ofZsh = spawnSync(zsh, ["-f", "-c", `${await shown("zsh")}\nprint -P "$PS1"`], { env });
    expect(ofZsh.stdout.toString()).toContain("[dev] ");
    const ofFish = spawnSync(fish, ["--no-config", "-c", `${await shown("fish")}\nfish_prompt`], { env });
    expect(ofFish.stdout.toString()).toContain("[dev] ");
  });

  it("has a file for starship that is TOML, of a module that shows a variable", async () => {
    expect(parseToml(await shown("toml"))).toMatchObject({ env_var: { TEGATA_PROFILE: { style: "bold yellow" } } });
    const starship = findProgram("starship");
    const text = await shown("toml");
    await writeFile(join(world.folder, "starship.toml"), text);
    const shownByIt =
      starship === undefined
        ? "[dev]"
        : spawnSync(starship, ["module", "env_var.TEGATA_PROFILE"], {
            env: { ...environment(), TEGATA_PROFILE: "[dev]", STARSHIP_CONFIG: join(world.folder, "starship.toml") },
          }).stdout.toString();
    expect(shownByIt).toContain("[dev]");
  });
});

describe("docs/guides/company.md", () => {
  it("has a file and commands with which somebody without settings of their own gets credentials", async (context) => {
    const etc = join(world.folder, "etc");
    await cp("/etc", etc, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (each) => !/shadow|ssl|\.d(\/|$)/.test(each),
    });
    const mount = ["unshare", "--mount", "sh", "-c", 'mount --bind "$ETC" /etc && exec "$@"', "sh"] as const;
    if (
      process.getuid?.() !== 0 ||
      spawnSync(mount[0], [...mount.slice(1), "true"], { env: { ...world.env, ETC: etc } }).status !== 0
    ) {
      context.skip("nothing can be mounted here");
    }
    const own = await readFile(world.settingsFile, "utf8");
    await rm(world.settingsFile);
    const { oidc, roles } = world.sandbox;
    const here = (text: string) =>
      text
        .replaceAll("https://sso.example.com/realms/staff", oidc.issuer)
        .replace('client_id = "tegata"', `client_id = "${oidc.clientId}"`)
        .replace("arn:aws:iam::123456789012:role/Developer", roles.developer);
    const [team = "", fixed = ""] = (await blocksOf("company"))
      .filter(({ language }) => language === "toml")
      .map(({ text }) => text);
    const server = createServer((_request, response) => response.end(here(team)));
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = v.parse(v.looseObject({ port: v.number() }), server.address());
    const link = `http://127.0.0.1:${port}/tegata.toml#sha256=${createHash("sha256").update(here(team)).digest("hex")}`;
    try {
      await writeFile(join(world.folder, "fixed.toml"), here(fixed));
      await rm(join(world.folder, "calls"), { force: true });
      for (const text of await commandsOf("company")) {
        // IAM takes no issuer on loopback: that block is about the page's own.
        const isForIam = text.startsWith("tegata setup ");
        const env = { ETC: etc, ...(isForIam ? { TEGATA_CONFIG: join(world.folder, "page.toml") } : {}) };
        await writeFile(join(world.folder, "page.toml"), team.replace("version = 1", ""));
        if (isForIam) {
          await writeFile(join(etc, "tegata/tegata.toml"), fixed);
        }
        await paste(text.replace(/https:\S+#sha256=\w+/, link), mount, env);
      }
      await writeFile(join(etc, "tegata/tegata.toml"), here(fixed));
      const { stdout } = await paste(
        "tegata login dev\ntegata settings role_arn --profile dev\ntegata credential-process dev",
        mount,
        { ETC: etc },
      );
      expect(stdout).toContain("(team: ");
      expect(stdout).toContain('"SecretAccessKey"');
      const [revoked] = await calls();
      expect(revoked).toMatchObject({
        name: "aws",
        policy: { Statement: [{ Effect: "Deny" }] },
      });
      expect(JSON.stringify(revoked)).toMatch(/"aws:TokenIssueTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/);
      expect(await readFile(join(world.folder, "iam.tf"), "utf8")).toContain("ann@example.com");
    } finally {
      server.close();
      await world.writeSettings(own);
    }
  });
});
