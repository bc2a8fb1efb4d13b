import { describe, expect, it } from "vitest";
import { memoryAdapter } from "../src/idp/memory-adapter.ts";

describe("a refresh token that was used", () => {
  it("stays good for its leeway, counted from the first use, while a code is good once", async () => {
    let seconds = 1000;
    const make = memoryAdapter({ leewaySeconds: 30, now: () => seconds * 1000 });
    const isUsed = async (model: string) => typeof (await make(model).find("id"))?.consumed === "number";
    for (const model of ["RefreshToken", "DeviceCode"]) {
      await make(model).upsert("id", {}, 3600);
      await make(model).consume("id");
    }
    expect([await isUsed("RefreshToken"), await isUsed("DeviceCode")]).toEqual([false, true]);
    seconds += 29;
    await make("RefreshToken").consume("id");
    expect(await isUsed("RefreshToken")).toBe(false);
    seconds += 1;
    expect(await isUsed("RefreshToken")).toBe(true);
  });
});
