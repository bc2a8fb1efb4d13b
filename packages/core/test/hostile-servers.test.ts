/// <reference types="node" />
import { heldClock } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { face } from "./face-hostile-response.ts";
import { hostileResponses } from "./hostile-responses.ts";

describe("a fetch with limits ends, leaves no timer and no connection, and asks once, when", () => {
  it.each(hostileResponses.map((hostile) => [hostile.name, hostile] as const))("%s", async (_name, hostile) => {
    const memory = process.memoryUsage().rss;
    const { end, message, ...left } = await face(hostile, fetch, heldClock());
    expect(hostile.ends).toContain(end);
    expect(left).toEqual({ requests: 1, sleepers: 0, connections: 0 });
    expect(message).not.toMatch(/\n|verbose/);
    expect((process.memoryUsage().rss - memory) / 1_048_576).toBeLessThan(100);
  });
});
