import type { Peer } from "@tegata/core";
import { failure, heldClock } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { listenTo } from "../../test/support/loopback-peer.ts";
import { handOff } from "./console-hand-off.ts";

const secretUrl = "https://signin.aws.amazon.com/federation?SigninToken=secret";

/** A hand-over that has started the browser, with a clock that stands still. */
async function started(peer: Peer) {
  const clock = heldClock();
  const shown: string[] = [];
  const strangers: number[] = [];
  let ended: Promise<void> = Promise.resolve();
  const url = await new Promise<string>((resolve) => {
    ended = handOff(secretUrl, {
      openUrl: (opened) => {
        resolve(opened);
        return Promise.resolve();
      },
      clock,
      signal: new AbortController().signal,
      listen: listenTo(() => peer),
      showNumber: (number) => shown.push(number),
      onStranger: (uid) => strangers.push(uid),
      again: ["tegata console dev"],
      printInstead: ["tegata console-url dev"],
    });
    ended.catch(() => undefined);
  });
  return { url, clock, shown, strangers, ended };
}

const get = (url: string, init: RequestInit = {}) => fetch(url, { redirect: "manual", ...init });

describe("a console that nobody fetches", () => {
  it("is an error after a minute, with the next command, also when another user asked for it", async () => {
    const { url, clock, shown, strangers, ended } = await started({ kind: "other", uid: 1001 });
    expect([(await get(url)).status, (await get(url)).status]).toEqual([403, 403]);
    clock.advance(60_000);
    const { message, hint } = await failure(ended, "browser_failed");
    expect(message).toBe("nobody fetched it: the browser did not come within a minute");
    expect(hint).toBe("print the address instead: tegata console-url dev");
    expect([shown, strangers]).toEqual([[], [1001]]);
    await expect(get(url)).rejects.toThrow("fetch failed");
  });

  it("waits two minutes more for a number", async () => {
    const { url, clock, shown, ended } = await started({ kind: "unknown" });
    expect((await get(url)).status).toBe(200);
    clock.advance(60_000);
    expect((await get(url)).status).toBe(200);
    clock.advance(120_000);
    expect((await failure(ended, "browser_failed")).message).toBe("nobody fetched it: the number was not typed");
    expect(shown).toHaveLength(1);
  });
});

it("a console is given once, even when many ask at the same time", async () => {
  const { url, ended } = await started({ kind: "own" });
  const answers = await Promise.allSettled(Array.from({ length: 8 }, () => get(url)));
  const statuses = answers.flatMap((each) => (each.status === "fulfilled" ? [each.value.status] : []));
  expect(statuses.filter((status) => status === 303)).toHaveLength(1);
  await ended;
});

it("a console is given under a loopback name only", async () => {
  const { url, ended } = await started({ kind: "own" });
  const { request } = await import("node:http");
  const status = await new Promise((resolve) => {
    request(url, { headers: { Host: "attacker.example" } }, (response) => resolve(response.statusCode)).end();
  });
  expect(status).toBe(403);
  expect((await get(url)).headers.get("location")).toBe(secretUrl);
  await ended;
});
