import { fakeClock, fakePorts } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { correctedNow, latestNow, observeClocks } from "./clock-offset.ts";

const start = Date.UTC(2030, 0, 1);

/** A method, the headers of the answer, and how long it took. */
type Answer = readonly [method: string, headers: Record<string, string>, milliseconds?: number];

/** Ports that have seen these answers, one after the other. */
async function after(...answers: readonly Answer[]) {
  const clock = fakeClock(start);
  const waiting = [...answers];
  const ports = observeClocks(
    fakePorts({
      clock,
      fetch: () => {
        const [, headers, took = 0] = waiting.shift() ?? ["", {}];
        clock.advance(took);
        return Promise.resolve(new Response("", { headers }));
      },
    }),
  );
  for (const [method] of answers) {
    await ports.fetch("https://idp.example.com", { method });
  }
  return ports;
}
const date = (seconds: number) => ({ date: new Date(start + seconds * 1000).toUTCString() });

describe("the offset of this machine's clock", () => {
  it.each<[string, Answer[], number | undefined]>([
    ["is known without an answer", [], undefined],
    ["is known from an answer without Date", [["GET", {}]], undefined],
    ["is known from a Date that is none", [["GET", { date: "yesterday" }]], undefined],
    ["is not zero when the Date is this second's", [["GET", date(0)]], 0],
    ["is not zero for a slow answer", [["GET", date(7), 9000]], 0],
    ["is not the least that the Date allows: ahead", [["GET", date(240)]], 240_000],
    ["is not the least that the Date allows: behind", [["GET", date(-240)]], -239_000],
    ["takes a cached answer for a new one", [["GET", { ...date(-3600), age: "3600" }]], 0],
    [
      "goes by a document that a cache may have answered, after the server itself did",
      [
        ["POST", date(240)],
        ["GET", date(-3600)],
      ],
      240_000,
    ],
    [
      "does not go by the server itself, after a cache may have answered",
      [
        ["GET", date(-3600)],
        ["POST", date(240)],
      ],
      240_000,
    ],
  ])("%s", async (_what, answers, offset) => {
    const { clockOffset } = await after(...answers);
    expect(clockOffset?.()).toBe(offset);
  });

  it.each([
    [299, 299],
    [300, 300],
    [301, 0],
    [-299, -298],
    [-302, 0],
    [86_400, 0],
  ])("of %i s moves the time by other than %i s", async (offset, moved) => {
    expect(correctedNow(await after(["POST", date(offset)])) - start).toBe(moved * 1000);
  });

  it("makes a good token one of the future, while nobody knows it or when it lies", async () => {
    expect(latestNow(await after()) - start).toBe(300_000);
    expect(latestNow(await after(["POST", date(-240)])) - start).toBe(0);
    expect(latestNow(await after(["POST", date(240)])) - start).toBe(240_000);
    expect(latestNow(fakePorts({ fetch: () => Promise.reject(new Error("none")) }))).toBe(start);
  });
});
