import { describe, expect, it } from "vitest";
import { withoutProxy } from "./no-proxy.ts";

describe("the endpoint's address", () => {
  it.each<[Readonly<Record<string, string>>, string, string]>([
    [{}, "127.0.0.1", "127.0.0.1"],
    [{ NO_PROXY: "a.example" }, "a.example,127.0.0.1", "a.example,127.0.0.1"],
    [{ no_proxy: "b.example" }, "b.example,127.0.0.1", "b.example,127.0.0.1"],
    [{ NO_PROXY: "a.example", no_proxy: "b.example" }, "a.example,127.0.0.1", "b.example,127.0.0.1"],
    [{ NO_PROXY: "a.example", no_proxy: "" }, "a.example,127.0.0.1", "127.0.0.1"],
    [{ NO_PROXY: "" }, "127.0.0.1", "127.0.0.1"],
    [{ NO_PROXY: "a, b ,", no_proxy: "a b" }, "a, b,127.0.0.1", "a b,127.0.0.1"],
    [{ NO_PROXY: "127.0.0.1,a" }, "127.0.0.1,a", "127.0.0.1,a"],
    [{ NO_PROXY: "127.0.0.10" }, "127.0.0.10,127.0.0.1", "127.0.0.10,127.0.0.1"],
    [{ NO_PROXY: "127.0.0.0/8,localhost" }, "127.0.0.0/8,localhost,127.0.0.1", "127.0.0.0/8,localhost,127.0.0.1"],
    [{ NO_PROXY: "*" }, "*", "*"],
    [{ NO_PROXY: "*,a" }, "*,a,127.0.0.1", "*,a,127.0.0.1"],
  ])("stands behind what %j has", (env, upper, lower) => {
    expect(withoutProxy({ env, platform: "linux" })).toEqual({ NO_PROXY: upper, no_proxy: lower });
  });

  it("stands in one variable on Windows, where case does not count", () => {
    expect(withoutProxy({ env: { NO_PROXY: "a" }, platform: "win32" })).toEqual({ NO_PROXY: "a,127.0.0.1" });
  });
});
