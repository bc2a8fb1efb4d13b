import { describe, expect, it } from "vitest";
import { PollingWatch } from "../src/idp/polling.ts";

function watch(): { poll: (atSeconds: number) => boolean; polling: PollingWatch } {
  let now = 0;
  const polling = new PollingWatch({ intervalSeconds: 5, stepSeconds: 5 }, () => now);
  polling.issued("code");
  return {
    polling,
    poll: (atSeconds) => {
      now = atSeconds * 1000;
      return polling.tooFast("code");
    },
  };
}

describe("a device code", () => {
  it("may be polled once per interval", () => {
    const { poll } = watch();
    expect([0, 5, 10, 15].map(poll)).toEqual([false, false, false, false]);
  });

  it("gets an interval 5 s longer with every slow_down, and keeps it", () => {
    const { poll } = watch();
    expect([0, 4, 13, 27].map(poll)).toEqual([false, true, true, true]);
    expect([47, 67, 86].map(poll)).toEqual([false, false, true]);
  });

  it("forgives a timer that rings a little early", () => {
    const { poll } = watch();
    expect([0, 4.96].map(poll)).toEqual([false, false]);
  });

  it("is never polled too fast when it was never issued", () => {
    const { polling } = watch();
    expect([polling.tooFast("other"), polling.tooFast("other")]).toEqual([false, false]);
  });

  it("is told to have expired exactly once", () => {
    const { polling } = watch();
    expect([polling.tellsExpired("code"), polling.tellsExpired("code")]).toEqual([true, false]);
  });
});
