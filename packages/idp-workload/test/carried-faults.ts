import type { OptionsSchema, WorkloadIdp } from "@tegata/core";
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { expectNoSecret, failure, fakeMachine, type FakeMachineOptions } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRun } from "./run.ts";
import { tokenFaults } from "./token-faults.ts";

interface CarryingPlatform {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A machine that has this token. */
  readonly machine: (token: string) => FakeMachineOptions;
  /** A token for somebody else is exchanged, and not refused. */
  readonly exchanges?: boolean;
}

/** Everything that can be wrong with a token that lies in a variable or a file. */
export function carriedFaults<Schema extends OptionsSchema>(idp: WorkloadIdp<Schema>, options: CarryingPlatform): void {
  describe(`${idp.id}, when its token`, () => {
    let tokenServer: TokenServer;
    beforeAll(async () => {
      tokenServer = await startTokenServer();
    });
    afterAll(() => tokenServer.close());

    const start = (token: string, settings: Readonly<Record<string, unknown>> = {}) =>
      startRun(idp, {
        settings: { issuer: tokenServer.issuer, ...options.settings, ...settings },
        machine: fakeMachine(options.machine(token)),
      });

    it("is good: it is accepted and verified, with its own audience or the setting's", async () => {
      const { idToken } = await start(await tokenServer.signToken({ aud: "https://example.com/team" })).signIn();
      expect(idToken.claims.aud).toEqual(["https://example.com/team"]);
      const pinned = await start(await tokenServer.signToken(), { audience: "sts.amazonaws.com" }).signIn();
      expect(pinned.idToken.claims.sub).toBe("workload");
      expect(tokenServer.requests(), "something else was asked").toEqual([]);
    });

    it("has several audiences and names the one that counts: it is accepted", async () => {
      const both = ["sts.amazonaws.com", "vault"];
      const { idToken } = await start(await tokenServer.signToken({ aud: both, azp: "sts.amazonaws.com" })).signIn();
      expect(idToken.claims.aud).toEqual(both);
    });

    it.each(tokenFaults.filter(({ name }) => !(options.exchanges && name === "for somebody else")))(
      "is a bad one ($name): it is refused, and not shown",
      async (fault) => {
        const given = await fault.token(tokenServer);
        const run = start(given, { audience: "sts.amazonaws.com" });
        const error = await failure(run.signIn(), fault.code);
        expect(error.message).toMatch(fault.message);
        expect(error.hint).toMatch(/\w/);
        expectNoSecret(`${error.message}\n${error.hint}`, [given]);
      },
    );
  });
}
