/**
 * Stands in for what the pages below docs/guides run besides tegata: finds its credentials as the AWS SDKs do, and notes which they
 * are. `guide-tools.ts NAME FOLDER ARGS…`; the folder gets the notes, and has the files of the page.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import * as v from "valibot";
import { parse } from "yaml";

const [, , name = "", folder = "", ...args] = process.argv;
const { env } = process;

const kubeconfig = v.looseObject({
  users: v.array(
    v.looseObject({
      user: v.looseObject({
        exec: v.looseObject({
          command: v.string(),
          args: v.array(v.string()),
          env: v.array(v.object({ name: v.string(), value: v.string() })),
        }),
      }),
    }),
  ),
});

switch (name) {
  case "ssh":
    remote();
    break;
  case "kubectl":
    note({ token: kubectlToken() });
    break;
  case "docker":
    await docker();
    break;
  case "aws":
    await aws();
    break;
  default:
    note({ credentials: await credentials() });
}

function note(what: Readonly<Record<string, unknown>>): void {
  appendFileSync(join(folder, "calls"), `${JSON.stringify({ name, args, ...what })}\n`);
}

async function credentials(profile?: string) {
  // Nothing but this machine is asked.
  process.env["AWS_EC2_METADATA_DISABLED"] = "true";
  const { secretAccessKey, sessionToken } = await fromNodeProviderChain(profile === undefined ? {} : { profile })();
  return { secretAccessKey, sessionToken };
}

/** The other machine is this one, over SSH: with nothing of the shell's variables. */
function remote(): void {
  const words = args.filter((word) => word !== "-t").slice(1);
  const { HOME = "", PATH = "", AWS_ENDPOINT_URL_STS = "" } = env;
  const there = { HOME, PATH, AWS_ENDPOINT_URL_STS, SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22" };
  const { status } = spawnSync("sh", ["-c", words.join(" ")], { env: there, stdio: "inherit" });
  process.exitCode = status ?? 1;
}

async function aws(): Promise<void> {
  const command = args.filter((word) => /^[a-z0-9-]+$/.test(word) && !word.startsWith("-")).join(" ");
  const profile = args[args.indexOf("--profile") + 1];
  const found = args.includes("--profile") || env["AWS_PROFILE"] || env["AWS_ACCESS_KEY_ID"];
  const known = found ? { credentials: await credentials(args.includes("--profile") ? profile : undefined) } : {};
  if (command.includes("eks update-kubeconfig")) {
    mkdirSync(join(env["HOME"] ?? "", ".kube"), { recursive: true });
    copyFileSync(join(folder, "kubeconfig.yaml"), join(env["HOME"] ?? "", ".kube/config"));
  }
  if (args.includes("get-token")) {
    const status = { expirationTimestamp: "2030-01-01T00:00:00Z", token: "k8s-aws-v1.x" };
    process.stdout.write(
      JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1beta1", status }),
    );
  }
  if (args.includes("get-login-password")) {
    process.stdout.write("password-of-a-registry\n");
  }
  const document = args.includes("--policy-document") ? args[args.indexOf("--policy-document") + 1] : undefined;
  note({ ...known, ...(document === undefined ? {} : { policy: JSON.parse(document) }) });
}

function kubectlToken(): string {
  const file = readFileSync(join(env["HOME"] ?? "", ".kube/config"), "utf8");
  const [first] = v.parse(kubeconfig, parse(file)).users;
  const { command = "", args: words = [], env: own = [] } = first?.user.exec ?? {};
  const added = Object.fromEntries(own.map((each) => [each.name, each.value]));
  const { stdout } = spawnSync(command, words, { env: { ...env, ...added } });
  const credential = v.looseObject({ status: v.looseObject({ token: v.string() }) });
  return v.parse(credential, JSON.parse(stdout.toString())).status.token;
}

/** A container sees the variables that it is given, and no other. */
async function docker(): Promise<void> {
  if (args[0] === "login") {
    note({ password: readFileSync(0, "utf8").trim() });
    return;
  }
  const names = args.flatMap((word, index) => (args[index - 1] === "-e" ? [word] : []));
  const file = args.includes("--env-file") ? readFileSync(args[args.indexOf("--env-file") + 1] ?? "", "utf8") : "";
  const compose = v.looseObject({
    services: v.record(v.string(), v.looseObject({ environment: v.array(v.string()) })),
  });
  const ofServices =
    args[0] === "compose"
      ? Object.values(v.parse(compose, parse(readFileSync("compose.yaml", "utf8"))).services).flatMap(
          ({ environment }) => environment,
        )
      : [];
  const passed = [...names, ...ofServices].map((each) => [each, env[each]]);
  const lines = file.split("\n").filter((line) => line.includes("="));
  const given = lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  for (const each of Object.keys(env).filter((variable) => variable.startsWith("AWS_"))) {
    delete process.env[each];
  }
  Object.assign(process.env, Object.fromEntries([...passed, ...given].filter(([, value]) => value !== undefined)));
  note({ credentials: await credentials() });
}
