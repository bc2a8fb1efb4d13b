import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { need } from "./support/needs.ts";
import { onTerminal } from "./support/on-terminal.ts";
import { programs, script, type ProgramName } from "./support/programs.ts";
import { start, type Running } from "./support/run.ts";
import { shellWords } from "./support/shell-words.ts";
import { createWorld, type World } from "./support/world.ts";

const names = Object.keys(programs).filter((name): name is ProgramName => name in programs);
/** The command takes tegata's place in the compiled program; elsewhere it is a child that signals are handed on to. */
const recorder = script("signal-recorder.ts");

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterAll(() => world.close());

const commandOf = (program: ProgramName, flags: readonly string[] = []) =>
  [...programs[program], "exec", ...flags, "dev", "--", ...recorder] as const;

/** In a session of its own, so that the terminal of the person who runs the tests has no say. */
function startAlone(program: ProgramName, context: TestContext, flags: readonly string[] = []): Running {
  return start([need("setsid", context), ...commandOf(program, flags)], {
    cwd: world.folder,
    env: world.env,
    keepStdinOpen: true,
  });
}

/** Both ways of the compiled program, and the others. */
const ways: readonly (readonly [string, ProgramName, readonly string[]])[] = [
  ...names.map((name) => [name, name, []] as const),
  ["the binary and --refresh", "binary", ["--refresh"]],
  ["node and --refresh", "node", ["--refresh"]],
];

describe.each(ways)("with %s", (_way, program, flags) => {
  it("a signal for tegata reaches the command once", async (context) => {
    const running = startAlone(program, context, flags);
    await running.stdoutMatching(/^ready/);
    const signals = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGTERM"] as const;
    for (const [index, signal] of signals.entries()) {
      running.child.kill(signal);
      await running.stdoutMatching(new RegExp(`^ready.*\n${signals.slice(0, index + 1).join("\n")}\n`));
    }
    running.child.stdin.write("end 3\n");
    const { status, stdout, stderr } = await running.ended;
    expect([status, stdout.replace(/^ready.*\n/, ""), stderr]).toEqual([3, `${signals.join("\n")}\nbye\n`, ""]);
  });

  it("Ctrl-C and a change of the window's size reach the command once", async (context) => {
    // Without a shell above it, which Ctrl-C would end.
    const running = onTerminal(`exec ${shellWords(commandOf(program, flags))}`, world, context);
    await running.stdoutMatching(/ready/);
    running.child.stdin.write("\u0003");
    await running.stdoutMatching(/SIGINT\r\n/);
    running.child.stdin.write("resize\n");
    await running.stdoutMatching(/SIGWINCH\r\n/);
    running.child.stdin.write("end 5\n");
    const { status, stdout } = await running.ended;
    expect(status).toBe(5);
    expect(stdout.match(/SIG\w+/g)).toEqual(["SIGINT", "SIGWINCH"]);
  });

  it.runIf(existsSync("/proc/self/stat"))(
    "the shell gets the terminal back when the command stops, and fg goes on with it",
    async (context) => {
      const bash = need("bash", context);
      const running = onTerminal(`${bash} --norc --noprofile -i`, world, context, { env: { PS1: "$ " } });
      const type = (text: string) => running.child.stdin.write(text);
      type(`${shellWords(commandOf(program, flags))}\n`);
      await running.stdoutMatching(/ready \d/);
      type("\u001a");
      await running.stdoutMatching(/Stopped/);
      type("echo shell $((20 + 3))\n");
      await running.stdoutMatching(/shell 23\r\n/);
      type("fg\n");
      await running.stdoutMatching(/going on\r\n/);
      type("once more\n");
      await running.stdoutMatching(/heard once more\r\n/);
      // Nobody but the command itself hears of this one. Deno tells nobody what has become of a process.
      if (program !== "deno") {
        type("stop\n");
        await running.stdoutMatching(/Stopped[^]+Stopped/);
        type("fg\n");
        await running.stdoutMatching(/going on[^]+going on\r\n/);
      }
      type("end 4\n");
      await running.stdoutMatching(/bye\r\n/);
      type("echo status $?; exit\n");
      await running.stdoutMatching(/status 4\r\n/);
      expect((await running.ended).stdout.match(/SIG\w+/g)).toBeNull();
    },
  );
});

it("a signal that ends the command ends tegata in the same way", async (context) => {
  const ends = await Promise.all(
    (["binary", "node"] as const).map(async (program) => {
      const running = startAlone(program, context);
      const [, pid = ""] = await running.stdoutMatching(/^ready (\d+)\n/);
      process.kill(Number(pid), "SIGKILL");
      const { status, signal } = await running.ended;
      return { status, signal };
    }),
  );
  expect(ends).toEqual([
    { status: null, signal: "SIGKILL" },
    { status: null, signal: "SIGKILL" },
  ]);
});

it("the command outlives tegata when that is killed, until its stdin ends", async (context) => {
  const running = startAlone("node", context);
  await running.stdoutMatching(/^ready/);
  // stdin ends with the process that was started; it is the command that says so.
  running.child.kill("SIGKILL");
  const { signal, stdout } = await running.ended;
  expect([signal, stdout]).toEqual(["SIGKILL", expect.stringMatching(/^ready \d+\nbye\n$/)]);
});
