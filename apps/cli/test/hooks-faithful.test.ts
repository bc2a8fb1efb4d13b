import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { need } from "./support/needs.ts";
import { hookedShells } from "./support/shells.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
let stub: string;
beforeAll(async () => {
  world = await createWorld();
  stub = join(world.folder, "stub");
  await mkdir(stub);
  // In the place of tegata: prints its arguments one by one, and ends as the first one says.
  const text = `#!/bin/sh
case "$1" in
  hook) exec /bin/cat hook;;
  read) /bin/cat;;
  much) exec /usr/bin/seq 1 300000;;
  interrupted) kill -INT $$;;
esac
printf '<%s>' "$@"
echo
[ "$1" = good ]
`;
  await writeFile(join(stub, "tegata"), text, { mode: 0o755 });
  await Promise.all(["a.txt", "b.txt"].map((name) => writeFile(join(world.folder, name), "")));
});
afterAll(() => world.close());

/** What people type, where all shells with the hook read it as some words, each in its own way. */
const everywhere = [
  "tegata exec dev -- prog '*' '~' '?.txt' '[ab].txt'",
  "tegata exec dev -- prog --filters Name=tag:a,Values=b",
  "tegata exec -p dev --flag=1 -- prog -x:y -- -- -",
  "tegata exec dev -- prog '' 'a  b' '$x' '`id`'",
  "tegata exec dev -- prog 'two\nlines'",
  "tegata read one",
];

const posixWords = [
  'tegata exec dev -- prog * ~ ~/x {a,b} "it\'s" \'say "x"\' \\*',
  "tegata exec dev -- prog @list %x ! ^ =",
  "echo in | tegata read piped",
  "tegata much | head -n 1",
  "tegata bad && echo yes || echo no",
  "tegata good && echo yes || echo no",
  "tegata bad; echo status $?",
  "tegata interrupted; echo status $?",
  "x=$(tegata good 'a  b'); echo \"$x\"",
  "if tegata bad; then echo yes; else echo no; fi",
  "FOO=bar tegata good",
];
const withArrays = ["list=('a b' '' '*'); tegata exec dev -- prog \"${list[@]}\"", "tegata good <<< here"];

const typed: Readonly<Record<string, readonly string[]>> = {
  bash: [...posixWords, ...withArrays],
  zsh: [...posixWords, ...withArrays].filter((line) => !line.includes(" = ")),
  dash: posixWords,
  busybox: posixWords,
  ksh: [...posixWords, withArrays[0] ?? ""],
  mksh: posixWords,
  fish: [
    'tegata exec dev -- prog * ~ ~/x {a,b} "it\'s" \'say "x"\' @list %x',
    "set list 'a b' '' '*'; tegata exec dev -- prog $list",
    "echo in | tegata read piped",
    "tegata much | head -n 1",
    "tegata bad && echo yes || echo no",
    "tegata good; and echo yes; or echo no",
    "tegata bad; echo status $status",
    "tegata interrupted; echo status $status",
    "set x (tegata good 'a  b'); echo $x",
  ],
  pwsh: [
    'tegata exec dev -- prog * ~ "it\'s" \'say "x"\' @list',
    "$list = 'a b', 'c'; tegata exec dev -- prog $list @list",
    "tegata exec dev -- prog a,b (1,2) {x} 5 $true",
    "'in' | tegata read piped",
    "tegata much | Select-Object -First 1",
    "tegata bad && 'and' || 'or'",
    "tegata good && 'and' || 'or'",
    'tegata bad; "$? $LASTEXITCODE"',
    'tegata interrupted; "$? $LASTEXITCODE"',
    "$x = tegata good 'a  b'; $x",
    "tegata exec dev -- prog --% %x% 'y'",
  ],
  nu: [
    'tegata exec dev -- prog * ~ "it\'s" \'say "x"\' @list',
    "let list = ['a b' '*']; tegata exec dev -- prog ...$list",
    "'in' | tegata read piped",
    "try { tegata bad } catch { print or }",
    "let x = tegata good 'a  b'; print $x",
  ],
  elvish: [
    'tegata exec dev -- prog * ~ {a b} "it\'s" \'say "x"\'',
    "var list = ['a b' '' '*']; tegata exec dev -- prog $@list",
    "echo in | tegata read piped",
    "try { tegata bad } catch error { echo $error[reason][exit-status] }",
    "echo (tegata good 'a  b')",
  ],
  xonsh: [
    "tegata exec dev -- prog * ~ \"it's\" 'say \"x\"' @('a b')",
    "echo in | tegata read piped",
    "tegata bad && echo yes || echo no",
    "tegata good && echo yes || echo no",
    "print(!(tegata bad).returncode)",
    "x = $(tegata good 'a  b'); print(x)",
  ],
};

/** Starts slowly: it reads all lines at once. */
const inOneRun: ReadonlySet<string> = new Set(["pwsh"]);

describe.each(hookedShells)("behind the hook of $program", ({ program, name, options, loadHook, hookFile }) => {
  /** What a shell prints and ends with for some lines, with the hook loaded or without. */
  const outcome = async (shell: string, lines: readonly string[], isHooked: boolean) => {
    const code = [...(isHooked ? [loadHook(`tegata hook ${name}`)] : []), ...lines].join("\n");
    const PATH = `${stub}:${world.env["PATH"]}`;
    return run([shell, ...options, code], { cwd: world.folder, env: { ...world.env, PATH }, input: "from stdin\n" });
  };

  it("what is typed reaches the program as without it, and the status comes back", async (context: TestContext) => {
    const shell = need(program, context);
    await writeFile(join(world.folder, hookFile ?? "hook"), (await world.run(["hook", name])).stdout);
    // xonsh reads no text in quotes of several lines.
    const shared = everywhere.filter((line) => program !== "xonsh" || !line.includes("\n"));
    const lines = [...shared, ...(typed[program] ?? [])];
    for (const part of inOneRun.has(program) ? [lines] : lines.map((line) => [line])) {
      const plain = await outcome(shell, part, false);
      expect({ part, isRead: plain.stdout !== "" || plain.status === null }).toEqual({ part, isRead: true });
      // What a shell itself says on stderr names the line of its script, which the hook has moved.
      const { status, stdout } = await outcome(shell, part, true);
      expect({ part, status, stdout }).toEqual({ part, status: plain.status, stdout: plain.stdout });
    }
    expect(lines.length).toBeGreaterThan(shared.length);
  }, 120_000);
});
