import {
  discover,
  verifyIdToken,
  type IdTokenGrant,
  type InteractiveIdp,
  type OptionsSchema,
  type PersonFlow,
} from "@tegata/core";
import * as v from "valibot";
import { expect } from "vitest";
import type { IdpUnderTest } from "./idp-under-test.ts";
import { wordChecks } from "./idp-words.ts";
import { settingsUnderTest, startRun, type IdpRun, type RunOptions } from "./idp-run.ts";
import { expectNoSecret, failure } from "./matchers.ts";

interface IdpCheck {
  readonly name: string;
  /** Rejects when the IdP breaks this part of the contract. */
  readonly check: (provider: IdpUnderTest) => Promise<void>;
}

/** The contract as a list, so that the suite itself can be tested against IdPs that break it. */
export function idpChecks<Schema extends OptionsSchema>(idp: InteractiveIdp<Schema>): readonly IdpCheck[] {
  const settingsOf = (provider: IdpUnderTest, flow?: PersonFlow) =>
    v.parse(idp.settings, settingsUnderTest(provider, flow));
  const acquire = (run: IdpRun, provider: IdpUnderTest, flow?: PersonFlow) =>
    idp.acquire(settingsOf(provider, flow), run.context);
  const runFor = (provider: IdpUnderTest, options: RunOptions) => startRun(idp, provider, options);
  const refreshTokenFrom = async (provider: IdpUnderTest): Promise<string> => {
    const { refreshToken } = await acquire(runFor(provider, { person: "allows" }), provider);
    if (refreshToken === undefined) {
      throw new Error("the provider under test must give refresh tokens");
    }
    return refreshToken;
  };

  /** Nothing to see where the IdP has no such flow. */
  const inBrowser =
    (person: "allows" | "denies" | "aborts", see: (run: IdpRun, grant: Promise<IdTokenGrant>) => Promise<void>) =>
    async (provider: IdpUnderTest) => {
      if (idp.flows?.(settingsOf(provider, "browser")).includes("browser") === true) {
        const run = runFor(provider, { person, flow: "browser" });
        await see(run, acquire(run, provider, "browser"));
        expectAskedOnce(run);
        expect(run.kinds, "the prompt in the browser flow is of another kind").toEqual(["browser"]);
      }
    };
  const expectHolds = async (run: IdpRun, grant: IdTokenGrant, settings: v.InferOutput<Schema>) => {
    const { issuer, audience } = idp.expectations(settings);
    await verifyIdToken(grant.idToken, await discover(issuer, run.ports), audience, run.ports);
    expect(grant.byRefreshToken, "byRefreshToken is true although a person signed in").toBe(false);
  };

  return [
    ...wordChecks(idp, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/),
    {
      name: "is implied, if at all, by a setting of its own that has no default",
      check: async () => {
        const { impliedBy } = idp;
        const schema = impliedBy === undefined ? undefined : idp.settings.entries[impliedBy];
        const needed = schema !== undefined && !v.is(schema, undefined);
        expect(impliedBy === undefined || needed, `impliedBy: ${impliedBy} is no setting, or has a default`).toBe(true);
      },
    },
    {
      name: "needs a sign-in, and asks nobody, when there is no session and nobody may be asked",
      check: async (provider) => {
        const run = runFor(provider, { person: "nobody" });
        await failure(acquire(run, provider), "sign_in_required");
        expect(run.requests, "requests were sent all the same").toEqual([]);
      },
    },
    {
      name: "gives an ID token that holds, once the person allows the sign-in",
      check: async (provider) => {
        const run = runFor(provider, { person: "allows" });
        const grant = await acquire(run, provider);
        await expectHolds(run, grant, settingsOf(provider));
        expectAskedOnce(run);
      },
    },
    {
      name: "fails with sign_in_denied when the person denies it, and takes the prompt away",
      check: async (provider) => {
        const run = runFor(provider, { person: "denies" });
        await failure(acquire(run, provider), "sign_in_denied");
        expectAskedOnce(run);
      },
    },
    {
      name: "renews by refresh token without a person, and keeps a rotated one before it returns",
      check: async (provider) => {
        const refreshToken = await refreshTokenFrom(provider);
        const run = runFor(provider, { person: "allows", refreshToken });
        const renewed = await acquire(run, provider);
        const isRotated = renewed.refreshToken !== refreshToken;
        const isStored =
          run.kept.length === (isRotated ? 1 : 0) && run.kept.every((each) => each === renewed.refreshToken);
        expect(isStored, "the refresh token that counts from now on was not stored before acquire returned").toBe(true);
        expect(renewed.byRefreshToken, "byRefreshToken is false although nobody was asked").toBe(true);
        expectAskedNobody(run);
        const { issuer, audience } = idp.expectations(settingsOf(provider));
        await verifyIdToken(renewed.idToken, await discover(issuer, run.ports), audience, run.ports);
        const again = runFor(provider, { person: "nobody", refreshToken: renewed.refreshToken ?? "" });
        expect((await acquire(again, provider)).byRefreshToken, "the token that counts from now on works").toBe(true);
      },
    },
    {
      name: "drops a dead refresh token once, then needs a person",
      check: async (provider) => {
        const run = runFor(provider, { person: "nobody", refreshToken: "no-such-refresh-token" });
        await failure(acquire(run, provider), "sign_in_required");
        expect(run.dropped(), "how often a dead refresh token was dropped").toBe(1);
      },
    },
    {
      name: "keeps the refresh token, and asks nobody, when the provider cannot be reached",
      check: async (provider) => {
        const run = runFor(provider, { person: "allows", refreshToken: "still-good", network: "offline" });
        await failure(acquire(run, provider), "idp_unreachable");
        expectKept(run);
        expectAskedNobody(run);
      },
    },
    {
      name: "never sends a refresh token twice when the answer was lost",
      check: async (provider) => {
        const refreshToken = await refreshTokenFrom(provider);
        const run = runFor(provider, { person: "nobody", refreshToken, network: "lossy" });
        await failure(acquire(run, provider), "idp_unreachable");
        const sent = run.requests.filter((request) => request.startsWith("POST"));
        expect(sent, "how often the refresh token was sent").toHaveLength(1);
        expectKept(run);
      },
    },
    {
      name: "finds the token endpoint again that has moved since the discovery document was stored",
      check: async (provider) => {
        const refreshToken = await refreshTokenFrom(provider);
        const run = runFor(provider, { person: "allows", refreshToken, documents: "outdated" });
        await acquire(run, provider);
        expectKept(run);
        expectAskedNobody(run);
      },
    },
    {
      name: "fails with id_token_missing when the answer holds none",
      check: async (provider) => {
        const run = runFor(provider, { person: "allows" });
        provider.omitNextIdToken();
        await failure(acquire(run, provider), "id_token_missing");
        expectAskedOnce(run);
      },
    },
    {
      name: "stops and takes the prompt away on Ctrl-C",
      check: async (provider) => {
        const run = runFor(provider, { person: "aborts" });
        await expect(acquire(run, provider), "acquire does not reject with the reason of the signal").rejects.toBe(
          run.abortReason,
        );
        expectAskedOnce(run);
      },
    },
    {
      name: "gives an ID token that holds, once the person allows the sign-in in a browser, if it has that flow, and logs no secret",
      check: (provider) =>
        inBrowser("allows", async (run, grant) => {
          await expectHolds(run, await grant, settingsOf(provider, "browser"));
          expectNoSecret(run.lines.join("\n"), provider.secrets(), "the log");
        })(provider),
    },
    {
      name: "fails with sign_in_denied when the person denies it in a browser, and takes the prompt away",
      check: inBrowser("denies", async (_run, grant) => {
        await failure(grant, "sign_in_denied");
      }),
    },
    {
      name: "fails with id_token_missing when the answer holds none after a sign-in in a browser",
      check: (provider) =>
        inBrowser("allows", async (_run, grant) => {
          provider.omitNextIdToken();
          await failure(grant, "id_token_missing");
        })(provider),
    },
    {
      name: "stops and takes the prompt away on Ctrl-C while a browser is waited for",
      check: inBrowser("aborts", async (run, grant) => {
        await expect(grant, "acquire does not reject with the reason of the signal").rejects.toBe(run.abortReason);
      }),
    },
    {
      name: "logs no secret",
      check: async (provider) => {
        const first = runFor(provider, { person: "allows" });
        const { refreshToken } = await acquire(first, provider);
        const second = runFor(provider, { person: "nobody", refreshToken: refreshToken ?? "" });
        await acquire(second, provider);
        expectNoSecret([...first.lines, ...second.lines].join("\n"), provider.secrets(), "the log");
      },
    },
    {
      name: "makes a refresh token useless by revoking it, if it can revoke at all",
      check: async (provider) => {
        if (idp.revoke === undefined) {
          return;
        }
        const refreshToken = await refreshTokenFrom(provider);
        const { ports, context } = runFor(provider, { person: "nobody" });
        const { metadata } = await context.discover();
        const revoked = idp.revoke(settingsOf(provider), refreshToken, ports);
        if (metadata.revocation_endpoint === undefined) {
          // Anyone who signs out is told that the token may still live.
          await failure(revoked, "idp_rejected");
          return;
        }
        await revoked;
        const run = runFor(provider, { person: "nobody", refreshToken });
        await failure(acquire(run, provider), "sign_in_required");
      },
    },
  ];
}

function expectAskedOnce({ prompts }: IdpRun): void {
  expect(prompts, "how often the prompt was shown and taken away").toEqual({ shown: 1, ended: 1 });
}

function expectAskedNobody({ prompts }: IdpRun): void {
  expect(prompts, "how often the prompt was shown and taken away").toEqual({ shown: 0, ended: 0 });
}

function expectKept({ dropped }: IdpRun): void {
  expect(dropped(), "how often a refresh token that may be good was dropped").toBe(0);
}
