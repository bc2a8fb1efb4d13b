import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { endIdToken } from "./support/records.ts";
import { createWorld } from "./support/world.ts";

it.each([5, 45, 60, 61, 90])(
  "twenty processes of two roles share one sign-in whose ID tokens live for %i s and whose responses take a second",
  async (idTokenLifetimeSeconds) => {
    const world = await createWorld({ idTokenLifetimeSeconds });
    try {
      await world.signIn("dev");
      await endIdToken(world.stateDir);
      await rm(world.cacheDir, { recursive: true });
      world.sandbox.requests.clear();
      for (const area of ["token", "sts"] as const) {
        world.sandbox.faults.set({ kind: "slow", area, milliseconds: 1000 });
      }
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          world.run(["credential-process", index % 2 === 0 ? "dev" : "readonly"], { limitSeconds: 60 }),
        ),
      );
      expect(all.filter(({ status, stderr }) => status !== 0 || stderr !== "")).toEqual([]);
      expect(new Set(all.map((ended) => credentialProcessOutput(ended).AccessKeyId)).size).toBe(2);
      expect(world.sandbox.requests.count("sts")).toBe(2);
      expect(world.sandbox.requests.count("token")).toBeLessThanOrEqual(2);
    } finally {
      await world.close();
    }
  },
);
