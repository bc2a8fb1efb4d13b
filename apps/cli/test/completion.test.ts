import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notContaining, words } from "./support/matching.ts";
import { need } from "./support/needs.ts";
import { binaryFolder } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const settings = await readFile(world.settingsFile, "utf8");
  await world.writeSettings(`${settings}\n[profile."$(id>canary)"]\nidp = "acme"\n`);
});
afterAll(() => world.close());

function inShell(command: readonly [string, ...string[]], code: string, env = {}) {
  const PATH = `${binaryFolder}:${world.env["PATH"]}`;
  return run([...command, code], { cwd: world.folder, env: { ...world.env, ...env, PATH } });
}

/** How each shell loads the completions, and what it does when Tab is pressed behind the last of these words. */
const shells = {
  bash: {
    options: ["--norc", "--noprofile", "-c"],
    load: "source <(tegata completion bash)\ncomplete -p tegata >/dev/null || exit 9",
    tab: (line: readonly string[]) => `COMP_WORDS=(${line.map(quoted).join(" ")}); COMP_CWORD=${line.length - 1}
_tegata
printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  zsh: {
    options: ["-f", "-c"],
    load: `autoload -U compinit && compinit -D -u
source <(tegata completion zsh)
[ "$_comps[tegata]" = _tegata ] || exit 9
_normal() { print -r -- "\${(j: :)words[1,CURRENT]}" }
compadd() { shift; for each in "$@"; do [[ $each == "$words[CURRENT]"* ]] && print -r -- $each; done; true }`,
    tab: (line: readonly string[]) => `words=(${line.map(quoted).join(" ")}); CURRENT=${line.length}; _tegata`,
  },
  fish: {
    options: ["--no-config", "-c"],
    load: "tegata completion fish | source",
    tab: (line: readonly string[]) => `complete -C ${quoted(line.join(" "))}`,
  },
  pwsh: {
    options: ["-NoProfile", "-Command"],
    load: "tegata completion powershell | Out-String | Invoke-Expression",
    tab: (line: readonly string[]) =>
      `(TabExpansion2 ${quoted(line.join(" "))} ${line.join(" ").length}).CompletionMatches.CompletionText`,
  },
} as const;

function quoted(word: string): string {
  return `'${word}'`;
}

describe.each(["bash", "zsh", "fish", "pwsh"] as const)("%s", (name) => {
  const { options, load, tab } = shells[name];
  /** The candidates for each of these lines, all typed into one shell. */
  const complete = async (shell: string, lines: readonly (readonly string[])[], env = {}) => {
    const code = [load, ...lines.map((line) => `${tab(line)}\necho '==='`)].join("\n");
    const ended = await inShell([shell, ...options], code, env);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    const candidates = ended.stdout.split("===\n").map((part) => part.split("\n").filter((each) => each !== ""));
    return candidates.slice(0, -1);
  };

  it("completes commands, profiles, flags and their values", async (context) => {
    const shell = need(name, context);
    const lines = [
      ["tegata", "en"],
      ["tegata", "env", ""],
      ["tegata", "env", "--she"],
      ["tegata", "env", "--shell", "f"],
      ["tegata", "login", "--idp", "a"],
      ["tegata", "login", "-p", "d"],
      ["tegata", "completion", "z"],
      ["tegata", "hook", "el"],
      ["tegata", "use", "d"],
      ["tegata", "exec", "d"],
      ["tegata", "plugins", "t"],
      ["tegata", "plugins", "trust", "no-such"],
      ["tegata", "login", ""],
    ];
    expect(await complete(shell, lines)).toEqual([
      ["env"],
      // What a shell would take apart or expand is not offered.
      words(["bob", "dev", "plain", "readonly"]),
      ["--shell"],
      ["fish"],
      ["acme", "auth0"],
      ["dev"],
      ["zsh"],
      ["elvish"],
      ["dev"],
      ["dev"],
      ["trust"],
      [],
      notContaining("canary"),
    ]);
    expect(existsSync(join(world.folder, "canary"))).toBe(false);
  });

  it("completes what stands behind -- as the command's own arguments, or not at all", async (context) => {
    const shell = need(name, context);
    const line = ["tegata", "exec", "dev", "--", "cat", world.settingsFile.slice(0, -1)];
    const [candidates] = await complete(shell, [line]);
    // zsh is asked what it would complete; in bash the function leaves it to the names of files.
    const zsh = `cat ${world.settingsFile.slice(0, -1)}`;
    expect(candidates).toEqual({ bash: [], zsh: [zsh], fish: [world.settingsFile], pwsh: [world.settingsFile] }[name]);
  });

  it("completes a value that is written behind the flag's equals sign", async (context) => {
    const shell = need(name, context);
    // bash makes three words of it, and completes the last one.
    const lines = ["--shell=fi", "--idp=ac", "--region="].map((word) => [
      "tegata",
      "env",
      ...(name === "bash" ? word.split(/(?==)|(?<==)(?=.)/) : [word]),
    ]);
    const whole = [["--shell=fish"], ["--idp=acme"], []];
    expect(await complete(shell, lines)).toEqual(name === "bash" ? [["fish"], ["acme"], []] : whole);
  });

  it("stays quiet where there are no settings, or broken ones", async (context) => {
    const shell = need(name, context);
    const lines = [
      ["tegata", "lo"],
      ["tegata", "login", "d"],
    ];
    const nothing = notContaining("dev");
    expect(await complete(shell, lines, { HOME: world.folder })).toEqual([["login", "logout"], nothing]);
    const broken = join(world.folder, "broken.toml");
    await writeFile(broken, "[[[");
    expect(await complete(shell, lines, { TEGATA_CONFIG: broken })).toEqual([["login", "logout"], nothing]);
  });
});

it("completion prints nothing for a shell without completions, and says which have them", async () => {
  const ended = await world.run(["completion", "csh"]);
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toContain("bash, zsh, fish");
});
