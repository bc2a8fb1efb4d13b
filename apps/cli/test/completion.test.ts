import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { coreSettings, describeSchema, namesOf } from "@tegata/engine/settings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notContaining } from "./support/matching.ts";
import { need } from "./support/needs.ts";
import { binaryFolder } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

const roleArn = "arn:aws:iam::123456789012:role/teams/Reader";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const settings = await readFile(world.settingsFile, "utf8");
  const names = ["$(id>canary)", "my dev", "@x", "büro", "it's", "two\\nlines"];
  const more = names.map((name) => `[profile."${name}"]\nidp = "acme"\nrole_arn = "${roleArn}"\n`);
  await world.writeSettings([settings, ...more].join("\n"));
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
COMP_LINE=${quoted(line.join(" ").replaceAll(" = ", "=").replaceAll(" =", "="))}; COMP_POINT=\${#COMP_LINE}
_tegata
printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  zsh: {
    options: ["-f", "-c"],
    load: `autoload -U compinit && compinit -D -u
source <(tegata completion zsh)
[ "$_comps[tegata]" = _tegata ] || exit 9
_normal() { print -r -- "\${(j: :)words[1,CURRENT]}" }
compadd() {
  local -i at; for (( at = 1; at <= $#candidates; at += 1 )); do
    [[ $candidates[at] == "$words[CURRENT]"* ]] && print -r -- "\${shown[at]/ -- /\t}"
  done; true
}`,
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
      `(TabExpansion2 ${quoted(line.join(" "))} ${line.join(" ").length}).CompletionMatches |
    ForEach-Object { $_.CompletionText + $(if ($_.ToolTip -ne $_.ListItemText) { "\`t" + $_.ToolTip }) }`,
  },
} as const;

function quoted(word: string): string {
  return `'${word}'`;
}

/** Without what they are. */
function wordsOf(candidates: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return candidates.map((list) => list.map((line) => line.replace(/\t.*/, "")));
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
    expect(wordsOf(await complete(shell, lines))).toEqual([
      ["env"],
      expect.arrayContaining(["bob", "dev", "plain", "readonly"]),
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
      notContaining("lines"),
    ]);
    expect(existsSync(join(world.folder, "canary"))).toBe(false);
  });

  it("says what a command, a flag and a profile are, where the shell shows it", async (context) => {
    const shell = need(name, context);
    const lines = [
      ["tegata", "console"],
      ["tegata", "env", "--she"],
      ["tegata", "login", "bü"],
    ];
    const candidates = await complete(shell, lines);
    const about = [
      "open the AWS console in the browser",
      "the shell that loads the statements",
      "Reader in 123456789012",
    ];
    const shown = candidates.map(([first = ""]) => first.replace(/^[^\t]*\t?/, ""));
    expect(shown).toEqual(name === "bash" ? about.map(() => "") : about);
  });

  it("says what a value and a word behind a command are", async (context) => {
    const shell = need(name, context);
    const lines = [
      ["tegata", "login", "--flow", "dev"],
      ["tegata", "login", "--idp", "aut"],
      ["tegata", "env", "--shell", "ks"],
      ["tegata", "hook", "ks"],
      ["tegata", "plugins", "dis"],
      ["tegata", "setup", "cdk"],
      ["tegata", "help", "envi"],
      ["tegata", "help", "logo"],
    ];
    const about = [
      "with a code, in any browser",
      "Auth0, by the domain of the tenant",
      "for ksh, rksh, mksh, lksh, oksh, loksh",
      "for ksh, rksh, mksh, lksh, oksh, loksh",
      "let it run no more",
      "an app of the CDK in TypeScript",
      "the variables that are read",
      "delete a sign-in",
    ];
    const shown = (await complete(shell, lines)).map(([first = ""]) => first.replace(/^[^\t]*\t?/, ""));
    expect(shown.map((text, at) => (text.startsWith(about[at] ?? "") ? (about[at] ?? "") : text))).toEqual(
      name === "bash" ? about.map(() => "") : about,
    );
  });

  it("offers each name as one word of the shell, and runs nothing of it", async (context) => {
    const shell = need(name, context);
    const [candidates = []] = wordsOf(await complete(shell, [["tegata", "login", ""]]));
    // zsh and fish quote what they insert.
    const names = ["$(id>canary)", "my dev", "@x", "büro", "it's"];
    const insertedBy = { bash: ["'$(id>canary)'", "'my dev'", "@x", "'büro'", "'it'\\''s'"], zsh: names, fish: names };
    const inserted = { ...insertedBy, pwsh: ["'$(id>canary)'", "'my dev'", "'@x'", "'büro'", "'it''s'"] }[name];
    expect(candidates).toEqual(expect.arrayContaining(inserted));
    expect(existsSync(join(world.folder, "canary"))).toBe(false);
  });

  it("completes what stands behind -- as the command's own arguments, or not at all", async (context) => {
    const shell = need(name, context);
    const line = ["tegata", "exec", "dev", "--", "cat", world.settingsFile.slice(0, -1)];
    const [candidates] = await complete(shell, [line]);
    // zsh is asked what it would complete; in bash the function leaves it to the names of files.
    const zsh = `cat ${world.settingsFile.slice(0, -1)}`;
    expect(wordsOf([candidates ?? []])[0]).toEqual(
      { bash: [], zsh: [zsh], fish: [world.settingsFile], pwsh: [world.settingsFile] }[name],
    );
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
    expect(wordsOf(await complete(shell, lines))).toEqual(name === "bash" ? [["fish"], ["acme"], []] : whole);
  });

  it("stays quiet where there are no settings, or broken ones", async (context) => {
    const shell = need(name, context);
    const lines = [
      ["tegata", "lo"],
      ["tegata", "login", "d"],
    ];
    const nothing = notContaining("dev");
    expect(wordsOf(await complete(shell, lines, { HOME: world.folder }))).toEqual([["login", "logout"], nothing]);
    const broken = join(world.folder, "broken.toml");
    await writeFile(broken, "[[[");
    expect(wordsOf(await complete(shell, lines, { TEGATA_CONFIG: broken }))).toEqual([["login", "logout"], nothing]);
  });
});

it("Tab completes profiles and flags behind Use-Tegata, each as one word of PowerShell", async (context) => {
  const { options, tab } = shells.pwsh;
  const code = [
    "tegata hook powershell | Out-String | Invoke-Expression",
    ...["Use-Tegata d", "Use-Tegata m", "Use-Tegata dev --dur"].map((line) => `${tab([line])}\n'==='`),
  ].join("\n");
  const ended = await inShell([need("pwsh", context), ...options], code);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  const candidates = wordsOf(ended.stdout.split("===\n").map((part) => part.split("\n").filter((each) => each !== "")));
  expect(candidates.slice(0, -1)).toEqual([["dev"], ["'my dev'"], ["--duration"]]);
});

const withChoices = Object.entries(coreSettings).flatMap(([name, { schema }]) => {
  const { choices } = describeSchema(schema);
  return choices === undefined ? [] : [[namesOf(name).flag, choices] as const];
});

it.each(withChoices)("every choice of --%s says what it is", async (flag, choices) => {
  const { stdout } = await world.run(["__complete", "zsh", "--", "login", `--${flag}`, ""]);
  const offered = stdout.trimEnd().split("\n");
  expect(offered.map((line) => /^(\S+)\t\S/.exec(line)?.[1])).toEqual(choices);
});

/** zsh and fish quote what they insert by themselves. */
it.for([
  ["bash", "'$(id>canary)' 'my dev' @x 'büro' 'it'\\''s'"],
  ["pwsh", "'$(id>canary)' 'my dev' '@x' 'büro' 'it''s'"],
] as const)("an accepted completion is one word of %s, and what it names", async ([name, inserted], context) => {
  const shell = need(name, context);
  const accepted = await inShell([shell, ...shells[name].options], `/usr/bin/printf '<%s>' ${inserted}`);
  expect(accepted).toMatchObject({ status: 0, stdout: "<$(id>canary)><my dev><@x><büro><it's>" });
  expect(existsSync(join(world.folder, "canary"))).toBe(false);
});

it("completion prints nothing for a shell without completions, and says which have them", async () => {
  const ended = await world.run(["completion", "csh"]);
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toContain("bash, zsh, fish");
});
