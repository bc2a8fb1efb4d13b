import { describe, expect, it } from "vitest";
import type { CliSystem } from "../cli-system.ts";
import { questionsOn } from "./questions.ts";
import type { Questions } from "./question.ts";
import { createTerminal } from "./terminal.ts";

/** Stdin is closed. */
const end = Symbol("end");

/** A person at a terminal, who types one thing after the other: each as soon as something new is shown. */
function person(typed: readonly (string | typeof end)[], env: Readonly<Record<string, string>> = {}, columns = 80) {
  let shown = "";
  let isRaw = false;
  let readers = 0;
  const controller = new AbortController();
  const left = [...typed];
  const system: Pick<CliSystem, "env" | "openKeyboard" | "signal" | "stderr" | "platform"> = {
    platform: "linux",
    env: { TERM: "xterm-256color", ...env },
    signal: controller.signal,
    stderr: {
      write: (text) => {
        shown += text;
      },
      isTerminal: true,
      size: () => ({ columns, rows: 24 }),
    },
    openKeyboard: () =>
      Promise.resolve({
        read: (onText, onEnd) => {
          readers += 1;
          let isReading = true;
          const type = () => {
            const next = isReading ? left.shift() : undefined;
            if (next === end) {
              onEnd();
            } else if (next !== undefined) {
              onText(next);
              setImmediate(type);
            }
          };
          setImmediate(type);
          return () => {
            isReading = false;
            readers -= 1;
          };
        },
        setRaw: (wanted) => {
          isRaw = wanted;
        },
      }),
  };
  const questions = questionsOn(system, createTerminal(system, { quiet: false, verbose: false }));
  return {
    system,
    questions: found(questions),
    controller,
    // oxlint-disable-next-line no-control-regex
    shown: () => shown.replace(/\u001b\[[\d;?]*[A-Za-z]/g, ""),
    raw: () => shown,
    state: () => ({ isRaw, readers }),
  };
}

function found(questions: Questions | undefined): Questions {
  if (questions === undefined) {
    throw new Error("nobody is asked");
  }
  return questions;
}

const down = "\u001b[B";
const names = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    value: index,
    label: `role-${index}`,
    about: `account ${111_111_111_111 + index}`,
  }));

const isYes = (answer: string) => (answer === "yes.example" ? undefined : "that is no domain");

/** A line that is typed whole is another one; a drawn one is erased first, by Ctrl-U. */
describe.each([
  ["drawn", {}, "\u0015"],
  ["plain, with TERM=dumb", { TERM: "dumb" }, ""],
  ["plain, with NO_COLOR", { NO_COLOR: "1" }, ""],
  ["plain, with ACCESSIBLE", { ACCESSIBLE: "1" }, ""],
])("a question that is %s", (_name, env, erase) => {
  it("gives the text that is typed, without blanks around it", async () => {
    const { questions, state } = person([" acme.eu.auth0.com ", "\r"], env);
    expect(await questions.text({ message: "Domain" })).toBe("acme.eu.auth0.com");
    expect(state()).toEqual({ isRaw: false, readers: 0 });
  });

  it("gives what stood there already for Enter alone", async () => {
    const { questions } = person(["\r"], env);
    expect(await questions.text({ message: "Domain", initial: "acme.example" })).toBe("acme.example");
  });

  it("is asked again with what is wrong with an answer", async () => {
    const { questions, shown } = person(["no", "\r", `${erase}yes.example`, "\r"], env);
    expect(await questions.text({ message: "Domain", check: isYes })).toBe("yes.example");
    expect(shown()).toContain("that is no domain");
  });

  it.each([
    ["y", true, false],
    ["n", false, true],
  ])("takes %s for an answer", async (key, wanted, initial) => {
    const { questions } = person([key, "\r"], env);
    expect(await questions.confirm({ message: "Write it", initial })).toBe(wanted);
  });

  it.each([true, false])("takes Enter for %s where that is what it means", async (initial) => {
    const { questions } = person(["\r"], env);
    expect(await questions.confirm({ message: "Write it", initial })).toBe(initial);
  });

  it("finds one of 500 by parts of its name and of what is said of it", async () => {
    const { questions, shown } = person(["role-4 111511", "\r"], env);
    expect(await questions.select({ message: "Role", choices: names(500) })).toBe(400);
    expect(shown().split("\n").length).toBeLessThan(120);
  });

  it("takes the first one for Enter alone", async () => {
    const { questions } = person(["\r"], env);
    expect(await questions.select({ message: "Role", choices: names(500) })).toBe(0);
  });

  it("goes on after a search that nothing fits", async () => {
    const { questions, shown } = person(["zzz", "\r", `${erase}role-499`, "\r"], env);
    expect(await questions.select({ message: "Role", choices: names(500) })).toBe(499);
    expect(shown()).toMatch(/nothing on the list fits that/);
  });

  it("ends with an error where stdin ends in the middle", async () => {
    const { questions, state } = person(["acme", end], env);
    await expect(questions.text({ message: "Domain" })).rejects.toMatchObject({
      code: "usage_invalid",
      message: "stdin ended before this was answered: Domain",
    });
    expect(state()).toEqual({ isRaw: false, readers: 0 });
  });

  it("ends as interrupted when a signal comes", async () => {
    const { questions, controller, state } = person([], env);
    const asked = questions.select({ message: "Role", choices: names(3) });
    setTimeout(() => controller.abort(new Error("by a signal")), 5);
    await expect(asked).rejects.toThrow("by a signal");
    expect(state()).toEqual({ isRaw: false, readers: 0 });
  });

  it("shows text from outside without what would change the terminal, at 40 columns", async () => {
    const { questions, raw } = person(["\r"], env, 40);
    const hostile = "ro\u001b]0;title\u0007le\u202e";
    await questions.select({ message: `Role ${hostile}`, choices: [{ value: 1, label: hostile, about: hostile }] });
    expect(raw()).not.toContain("\u001b]0");
    expect(raw()).not.toContain("\u202e");
    expect(raw()).toContain("ro ]0;title le");
  });
});

describe("a drawn question", () => {
  it("moves down the list by keys", async () => {
    const { questions } = person([down, down, "\r"]);
    expect(await questions.select({ message: "Role", choices: names(5) })).toBe(2);
  });

  it("ends as interrupted by Ctrl-C, which is a key there", async () => {
    const { questions, state } = person(["acme", "\u0003"]);
    await expect(questions.text({ message: "Domain" })).rejects.toMatchObject({ code: "interrupted" });
    expect(state()).toEqual({ isRaw: false, readers: 0 });
  });

  it("takes Ctrl-D for the end of stdin", async () => {
    const { questions } = person(["\u0004"]);
    await expect(questions.confirm({ message: "Write it", initial: true })).rejects.toMatchObject({
      code: "usage_invalid",
    });
  });
});

describe("a plain question", () => {
  const env = { TERM: "dumb" };

  it("has no escape sequence, and a number for each answer", async () => {
    const { questions, raw } = person(["2\n"], env);
    expect(await questions.select({ message: "Role", choices: names(3) })).toBe(1);
    expect(raw()).not.toContain("\u001b");
    expect(raw()).toContain("Role\n  1  role-0 (account 111111111111)\n  2  role-1");
  });

  it("takes a line that was typed ahead for the next question", async () => {
    const { questions } = person(["one\r\ntwo\n"], env);
    expect(await questions.text({ message: "First" })).toBe("one");
    expect(await questions.text({ message: "Second" })).toBe("two");
  });

  it("numbers what a search has left", async () => {
    const { questions, raw } = person(["ole-49\n", "3\n"], env);
    expect(await questions.select({ message: "Role", choices: names(500) })).toBe(491);
    expect(raw()).toContain("(11 of 500 fit)");
  });
});

describe("nobody is asked", () => {
  const { system } = person([]);

  it("where stdin is no terminal", () => {
    const without = { ...system, openKeyboard: undefined };
    expect(questionsOn(without, createTerminal(without, { quiet: false, verbose: false }))).toBeUndefined();
  });

  it("where stderr is no terminal", () => {
    const without = { ...system, stderr: { ...system.stderr, isTerminal: false } };
    expect(questionsOn(without, createTerminal(without, { quiet: false, verbose: false }))).toBeUndefined();
  });
});
