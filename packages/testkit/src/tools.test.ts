import { TegataError } from "@tegata/core";
import { describe, expect, it } from "vitest";
import { fakeClock } from "./fake-clock.ts";
import { fakePorts } from "./fake-ports.ts";
import { heldClock } from "./held-clock.ts";
import { expectGoodWords, expectNoSecret, failure } from "./matchers.ts";

describe("failure", () => {
  it("gives the error, so that its words can be looked at", async () => {
    const error = new TegataError("sign_in_denied", "the sign-in was denied");
    expect(await failure(Promise.reject(error), "sign_in_denied")).toBe(error);
  });
  it("fails when the promise does not", async () => {
    await expect(failure(Promise.resolve("token"), "sign_in_denied")).rejects.toThrow(/gave string/);
  });
  it("fails at another code", async () => {
    const other = Promise.reject(new TegataError("idp_rejected", "refused"));
    await expect(failure(other, "sign_in_denied")).rejects.toThrow(/idp_rejected/);
  });
  it("passes on what is no TegataError, a bug most likely", async () => {
    const bug = new RangeError("bug");
    await expect(failure(Promise.reject(bug), "sign_in_denied")).rejects.toBe(bug);
  });
  it("fails at an error with bad words", async () => {
    await expect(failure(Promise.reject(new TegataError("internal", "Check it")), "internal")).rejects.toThrow(
      /capital/,
    );
  });
});

describe("good words", () => {
  it.each([
    ["Check the network", /capital/],
    ["it failed.", /full stop/],
    ["two\nlines", /control/],
    ["red \u001b[31m", /control/],
  ])("are not %j", (words, complaint) => {
    expect(() => expectGoodWords(new TegataError("internal", words))).toThrow(complaint);
    expect(() => expectGoodWords(new TegataError("internal", "fine", { hint: words }))).toThrow(complaint);
  });
  it("may begin with a name", () => {
    expect(() => expectGoodWords(new TegataError("internal", "Auth0 refuses the client"))).not.toThrow();
  });
});

describe("expectNoSecret", () => {
  it("fails at a secret in the text, URL-encoded ones included", () => {
    expect(() => expectNoSecret("all is well", ["to+ken="])).not.toThrow();
    expect(() => expectNoSecret("a to+ken= b", ["to+ken="])).toThrow(/starts with to\+k/);
    expect(() => expectNoSecret("a to%2Bken%3D b", ["to+ken="])).toThrow(/starts with to\+k/);
  });
  it("refuses an empty secret, which stands in every text", () => {
    expect(() => expectNoSecret("", [""])).toThrow(/empty/);
  });
});

describe("a fake clock", () => {
  it("lets time pass by sleeping, without waiting", async () => {
    const clock = fakeClock(1000);
    await clock.sleep(500);
    clock.advance(1);
    expect([clock.now(), clock.monotonic(), clock.sleeps]).toEqual([1501, 501, [500]]);
  });
  it("tells a laptop's sleep from a clock that is set", () => {
    const clock = fakeClock(0);
    clock.suspend(60);
    expect([clock.now(), clock.monotonic()]).toEqual([60, 0]);
    clock.set(5);
    expect([clock.now(), clock.monotonic()]).toEqual([5, 0]);
  });
  it("heeds an abort before and during the sleep", async () => {
    const clock = fakeClock();
    const reason = new Error("interrupted");
    await expect(clock.sleep(5, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const sleeping = clock.sleep(5, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });
});

describe("a held clock", () => {
  it("wakes each sleeper after its time, and no other", async () => {
    const clock = heldClock(0);
    const woken: number[] = [];
    const sleeping = [5, 10].map((milliseconds) => clock.sleep(milliseconds).then(() => woken.push(milliseconds)));
    clock.advance(9);
    await sleeping[0];
    expect([woken, clock.sleepers, clock.now(), clock.monotonic()]).toEqual([[5], 1, 9, 9]);
    clock.advance(1);
    await sleeping[1];
    expect([woken, clock.sleepers]).toEqual([[5, 10], 0]);
  });
  it("forgets a sleeper that gives up", async () => {
    const clock = heldClock();
    const reason = new Error("interrupted");
    const controller = new AbortController();
    const sleeping = clock.sleep(5, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(clock.sleep(5, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(clock.sleepers).toBe(0);
  });
});

it("fake ports remember what was logged", () => {
  const ports = fakePorts({ fetch: () => Promise.reject(new Error("no network")) });
  ports.log("one");
  expect([ports.lines, ports.random(), ports.signal.aborted]).toEqual([["one"], 0.5, false]);
});
