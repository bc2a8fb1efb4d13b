import { commandOfRun, hint, hintInWords, inWords, plainVocabulary, TegataError } from "@tegata/core";
import { describe, expect, it } from "vitest";
import { type Check, type CheckRun, runChecks } from "./run-checks.ts";
import { failed, ok, skipped, warning, worstOf } from "./step.ts";

const holds = (id: string, needs: readonly string[] = []): Check<object> => ({
  id,
  needs,
  run: () => [ok(id, "fine")],
});
const fails = (id: string, needs: readonly string[] = []): Check<object> => ({
  id,
  needs,
  run: () => Promise.reject(new TegataError("settings_invalid", "line 3", { hint: "correct line 3" })),
});

async function ran(checks: readonly Check<object>[], options: Partial<CheckRun<object>> = {}) {
  const steps = await runChecks(checks, {
    context: {},
    isOffline: false,
    signal: new AbortController().signal,
    run: () => ({ profile: "dev", settings: {} }),
    onStep: () => undefined,
    onLook: () => undefined,
    ...options,
  });
  return steps.map(({ id, state, code, message, hint: advice }) => ({
    id,
    state,
    code,
    message: inWords(message, plainVocabulary),
    hint: advice && hintInWords(advice, plainVocabulary),
  }));
}

describe("running checks", () => {
  it("makes a failed step of an error, with its code and its hint", async () => {
    expect(await ran([fails("settings")])).toEqual([
      { id: "settings", state: "failed", code: "settings_invalid", message: "line 3", hint: "correct line 3" },
    ]);
  });

  it("skips what needs a failed check, names the first that failed, and goes on with the rest", async () => {
    const steps = await ran([fails("a"), holds("b", ["a"]), holds("c", ["b"]), holds("d")]);
    expect(steps.map(({ id, state, message }) => [id, state, message])).toEqual([
      ["a", "failed", "line 3"],
      ["b", "skipped", "not looked at, because of a"],
      ["c", "skipped", "not looked at, because of a"],
      ["d", "ok", "fine"],
    ]);
  });

  it("goes on behind a warning", async () => {
    const warns: Check<object> = { id: "a", run: () => [warning("a", "so so")] };
    expect((await ran([warns, holds("b", ["a"])])).map(({ state }) => state)).toEqual(["warning", "ok"]);
  });

  it("runs no check offline that sends something", async () => {
    let sent = 0;
    const sends: Check<object> = {
      id: "a",
      sends: true,
      run: () => {
        sent += 1;
        return [];
      },
    };
    const [step] = await ran([sends], { isOffline: true });
    expect([step?.state, step?.message, sent]).toEqual(["skipped", "not asked: this is offline", 0]);
  });

  it("puts the profile into the commands of a hint, and adds the login where a sign-in is missing", async () => {
    const check: Check<object> = {
      id: "a",
      run: () => [
        warning("a", "old", hint`run ${commandOfRun("login")}`),
        failed("b", "sign_in_required", "nobody", []),
      ],
    };
    expect((await ran([check])).map((step) => step.hint)).toEqual(["run login dev", "login dev"]);
  });

  it("sends nobody to a login where nobody signs in", async () => {
    const check: Check<object> = {
      id: "a",
      run: () => [failed("a", "sts_id_token_expired", "old", hint`run ${commandOfRun("login")}`)],
    };
    expect((await ran([check], { run: () => undefined }))[0]?.hint).toBe("try again");
  });

  it("sends nobody to the diagnosis that is just made", async () => {
    const advice = [hint`check the network`, hint`find out: ${commandOfRun("doctor")}`];
    const both: Check<object> = {
      id: "a",
      run: () => [failed("a", "idp_unreachable", "no", advice), warning("b", "no", hint`${commandOfRun("doctor")}`)],
    };
    expect((await ran([both])).map((step) => step.hint)).toEqual(["check the network", undefined]);
  });

  it("tells each step as soon as it is known", async () => {
    const told: string[] = [];
    await ran([holds("a"), holds("b")], {
      onLook: (id) => told.push(`look ${id}`),
      onStep: async ({ id }) => {
        await Promise.resolve();
        told.push(id);
      },
    });
    expect(told).toEqual(["look a", "a", "look b", "b"]);
  });

  it("begins no check once it is interrupted", async () => {
    const controller = new AbortController();
    const reason = new TegataError("interrupted", "interrupted");
    const aborts: Check<object> = {
      id: "a",
      run: () => {
        controller.abort(reason);
        return [];
      },
    };
    await expect(ran([aborts, holds("b")], { signal: controller.signal })).rejects.toBe(reason);
  });

  it("lets an interruption and a bug through", async () => {
    for (const error of [new TegataError("interrupted", "interrupted"), new TypeError("a bug")]) {
      const check: Check<object> = { id: "a", run: () => Promise.reject(error) };
      await expect(ran([check])).rejects.toBe(error);
    }
  });
});

describe("the state of several steps", () => {
  it("is that of the worst", () => {
    expect(worstOf([ok("a", ""), skipped("b", ""), warning("c", "")])).toBe("warning");
    expect(worstOf([warning("c", ""), failed("d", "internal", "", [])])).toBe("failed");
    expect(worstOf([])).toBe("ok");
  });
});
