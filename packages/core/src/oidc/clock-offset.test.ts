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
    ["is unknown without a response", [], undefined],
    ["is unknown from a response without Date", [["GET", {}]], undefined],
    ["is unknown from a Date that is none", [["GET", { date: "yesterday" }]], undefined],
    ["is zero when the Date is this second's", [["GET", date(0)]], 0],
    ["is zero for a slow response", [["GET", date(7), 9000]], 0],
    ["is the least that the Date allows: ahead", [["GET", date(240)]], 240_000],
    ["is the least that the Date allows: behind", [["GET", date(-240)]], -239_000],
    ["counts the Age of a cached response", [["GET", { ...date(-3600), age: "3600" }]], 0],
    [
      "goes by the server itself, not by a later response that a cache may have given",
      [
        ["POST", date(240)],
        ["GET", date(-3600)],
      ],
      240_000,
    ],
    [
      "goes by the server itself after a response that a cache may have given",
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
  ])("of %i s moves the time by %i s", async (offset, moved) => {
    expect(correctedNow(await after(["POST", date(offset)])) - start).toBe(moved * 1000);
  });

  it("bounds the latest time that it may be: five minutes ahead while the offset is unknown", async () => {
    expect(latestNow(await after()) - start).toBe(300_000);
    expect(latestNow(await after(["POST", date(-240)])) - start).toBe(0);
    expect(latestNow(await after(["POST", date(240)])) - start).toBe(240_000);
    expect(latestNow(fakePorts({ fetch: () => Promise.reject(new Error("none")) }))).toBe(start);
  });
});
