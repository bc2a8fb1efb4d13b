import { type Fetch, HttpFailure } from "@tegata/core";
import { fakePorts } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { watchExchanges } from "./exchanges.ts";

const watched = (fetch: Fetch) => watchExchanges(fakePorts({ fetch }));
/** The fake clock's own beginning, and a minute later. */
const now = "Tue, 01 Jan 2030 00:00:00 GMT";
const later = "Tue, 01 Jan 2030 00:01:00 GMT";

describe("requests that are watched", () => {
  it("are told without their query, each with its status and how far the server's clock is ahead", async () => {
    const dates = [now, later];
    const exchanges = watched(() => Promise.resolve(new Response("text", { headers: { date: dates.shift() ?? "" } })));
    await exchanges.fetch("https://a.example/x?code=s3cret", {});
    await exchanges.fetch("https://b.example/y", { method: "POST" });
    expect(exchanges.list()).toEqual([
      {
        method: "GET",
        url: "https://a.example/x",
        host: "a.example",
        status: 200,
        problem: undefined,
        clockOffsetMilliseconds: 0,
      },
      {
        method: "POST",
        url: "https://b.example/y",
        host: "b.example",
        status: 200,
        problem: undefined,
        clockOffsetMilliseconds: 60_000,
      },
    ]);
  });

  it("keep what a GET answered, for a second look, and hand it on whole", async () => {
    const exchanges = watched(() => Promise.resolve(new Response("text")));
    const response = await exchanges.fetch("https://a.example/x", { method: "GET" });
    expect(await response.text()).toBe("text");
    await exchanges.fetch("https://a.example/token", { method: "POST" });
    expect([exchanges.textOf("https://a.example/x"), exchanges.textOf("https://a.example/token")]).toEqual([
      "text",
      undefined,
    ]);
  });

  it("fail as they would, with the reason kept", async () => {
    const failure = new HttpFailure("timeout", "no complete answer within 10 s");
    const exchanges = watched(() => Promise.reject(failure));
    await expect(exchanges.fetch("https://a.example/", {})).rejects.toBe(failure);
    expect(exchanges.list()).toMatchObject([{ status: undefined, problem: "no complete answer within 10 s" }]);
  });
});
