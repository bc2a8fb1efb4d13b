import type { AcquireContext, InteractiveIdp, IdTokenGrant, OptionsSchema } from "@tegata/core";
import { TegataError } from "@tegata/core";
import { idpOidc } from "@tegata/idp-oidc";
import { startSandbox, type Sandbox } from "@tegata/sandbox";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { idpChecks } from "./idp-checks.ts";
import { idpContract } from "./idp-contract.ts";
import type { IdpUnderTest } from "./idp-under-test.ts";

type Idp = typeof idpOidc;
type Acquire = Idp["acquire"];

let sandbox: Sandbox;
let provider: IdpUnderTest;

beforeAll(async () => {
  sandbox = await startSandbox({ intervalSeconds: 0 });
  provider = wear(sandbox);
});
afterAll(() => sandbox.close());

function wear(world: Sandbox): IdpUnderTest {
  return {
    settings: { issuer: world.oidc.issuer, client_id: world.oidc.clientId },
    approve: (uri) => world.approve(uri),
    deny: (uri) => world.deny(uri),
    browser: { authorize: (uri, outcome) => world.authorize(uri, { outcome }) },
    omitNextIdToken: () => world.faults.set({ kind: "idToken", fault: { how: "missing" }, times: 1 }),
    secrets: () => world.secrets().map(({ value }) => value),
    stop: () => world.close(),
  };
}

/** The rules that an IdP breaks, and what an author is told of each. */
async function broken<Schema extends OptionsSchema>(idp: InteractiveIdp<Schema>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { name, check } of idpChecks(idp)) {
    await check(provider).catch((error: unknown) => found.set(name, firstLineOf(error)));
    sandbox.faults.clear();
  }
  return found;
}

/** The rest shows values beside each other. */
function firstLineOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "";
}

async function expectBroken<Schema extends OptionsSchema>(
  idp: InteractiveIdp<Schema>,
  rules: readonly string[],
  told: RegExp,
) {
  const found = await broken(idp);
  expect([...found.keys()]).toEqual(rules);
  expect([...found.values()].join("\n")).toMatch(told);
}

const breaking = (acquire: (good: Acquire, ...given: Parameters<Acquire>) => Promise<IdTokenGrant>): Idp => ({
  ...idpOidc,
  acquire: (settings, context) => acquire((...given) => idpOidc.acquire(...given), settings, context),
});
/** Its `acquire` gets a context that is not the suite's own. */
const withContext = (change: (context: AcquireContext) => Partial<AcquireContext>): Idp =>
  breaking((good, settings, context) => good(settings, { ...context, ...change(context) }));
const grantOf = (change: (grant: IdTokenGrant) => Partial<IdTokenGrant>): Idp =>
  breaking(async (good, ...given) => {
    const grant = await good(...given);
    return { ...grant, ...change(grant) };
  });

const renews = "renews by refresh token without a person, and keeps a rotated one before it returns";
const nobody = "needs a sign-in, and asks nobody, when there is no session and nobody may be asked";
const holds = "gives an ID token that holds, once the person allows the sign-in";
const denied = "fails with sign_in_denied when the person denies it, and takes the prompt away";
const dead = "drops a dead refresh token once, then needs a person";
const offline = "keeps the refresh token, and asks nobody, when the provider cannot be reached";
const lost = "never sends a refresh token twice when the answer was lost";
const moved = "finds the token endpoint again that has moved since the discovery document was stored";
const missing = "fails with id_token_missing when the answer holds none";
const aborted = "stops and takes the prompt away on Ctrl-C";
const secret = "logs no secret";
const holdsInBrowser =
  "gives an ID token that holds, once the person allows the sign-in in a browser, if it has that flow, and logs no secret";
const deniedInBrowser = "fails with sign_in_denied when the person denies it in a browser, and takes the prompt away";
const missingInBrowser = "fails with id_token_missing when the answer holds none after a sign-in in a browser";
const abortedInBrowser = "stops and takes the prompt away on Ctrl-C while a browser is waited for";
const revoked = "makes a refresh token useless by revoking it, if it can revoke at all";
const implied = "is implied, if at all, by a setting of its own that has no default";
const everyKey = "describes every setting in lower case, for --help";
const unknownKey = "refuses a key that it does not know";
const words = "has a kebab-case id and a one-line summary without capital and full stop";

// Each of these is a whole suite of sign-ins.
describe("the IdP contract catches an IdP that", { timeout: 30_000 }, () => {
  it.each<[string, Idp, readonly string[], RegExp]>([
    ["is good: nothing", idpOidc, [], /^$/],
    ["has a capital in its id", { ...idpOidc, id: "Example" }, [words], /the id is not in kebab-case/],
    ["has two lines of summary", { ...idpOidc, summary: "one\ntwo three" }, [words], /the summary is not one line/],
    [
      "is implied by a setting that it has not",
      { ...idpOidc, impliedBy: "domain" },
      [implied],
      /impliedBy: domain is no setting, or has a default/,
    ],
    [
      "is implied by a setting that every profile has",
      { ...idpOidc, impliedBy: "scope" },
      [implied],
      /impliedBy: scope is no setting, or has a default/,
    ],
    [
      "sends a request before it looks whether anybody may be asked",
      breaking(async (good, settings, context) => {
        await context.discover();
        return good(settings, context);
      }),
      [nobody],
      /requests were sent all the same/,
    ],
    [
      "makes up its ID token",
      grantOf(() => ({ idToken: "made.up.token" })),
      [holds, renews, holdsInBrowser],
      /the ID token cannot be used: it is not a JSON Web Token/,
    ],
    [
      "says that a person's sign-in was a renewal",
      grantOf(() => ({ byRefreshToken: true })),
      [holds, holdsInBrowser],
      /byRefreshToken is true although a person signed in/,
    ],
    [
      "says that a renewal was a person's sign-in",
      grantOf(() => ({ byRefreshToken: false })),
      [renews],
      /byRefreshToken is false although nobody was asked/,
    ],
    [
      "gives back the old refresh token after rotation",
      breaking(async (good, settings, context) => {
        const grant = await good(settings, context);
        return { ...grant, refreshToken: context.refreshToken ?? grant.refreshToken };
      }),
      [renews],
      /was not stored before acquire returned/,
    ],
    [
      "does not wait until the rotated refresh token is safe",
      withContext((context) => ({
        storeRefreshToken: async (token) => {
          void context.storeRefreshToken(token);
          await Promise.resolve();
        },
      })),
      [renews],
      /was not stored before acquire returned/,
    ],
    [
      "never keeps a rotated refresh token",
      withContext(() => ({ storeRefreshToken: () => Promise.resolve() })),
      [renews],
      /was not stored before acquire returned/,
    ],
    [
      "goes by a kept discovery document in every case",
      withContext((context) => ({
        discover: async () => {
          const { issuer, metadata } = await context.discover();
          return { issuer, metadata };
        },
      })),
      [moved],
      /cannot be reached at moved\.invalid/,
    ],
    [
      "never drops a dead refresh token",
      withContext(() => ({ dropRefreshToken: () => Promise.resolve() })),
      [dead],
      /how often a dead refresh token was dropped: expected \+?0 to be 1/,
    ],
    [
      "drops the refresh token after any error",
      breaking((good, settings, context) =>
        good(settings, context).catch(async (error: unknown) => {
          await context.dropRefreshToken();
          throw error;
        }),
      ),
      [dead, offline, lost],
      /how often a refresh token that may be good was dropped: expected 1/,
    ],
    [
      "asks the person when the provider cannot be reached",
      breaking((good, settings, context) =>
        good(settings, context).catch((error: unknown) => {
          context.promptPerson?.({
            kind: "device",
            verificationUri: "https://idp.example.com/",
            verificationUriComplete: undefined,
            userCode: "A",
            expiresAt: 0,
          })();
          throw error;
        }),
      ),
      [denied, offline, missing, aborted, deniedInBrowser, missingInBrowser, abortedInBrowser],
      /how often the prompt was shown and taken away/,
    ],
    [
      "tries again after every failure",
      breaking((good, settings, context) => good(settings, context).catch(() => good(settings, context))),
      [denied, dead, lost, missing, deniedInBrowser, missingInBrowser],
      /how often the refresh token was sent: .* got 2/,
    ],
    [
      "leaves the prompt on the screen",
      withContext(({ promptPerson }) => ({
        promptPerson:
          promptPerson &&
          ((prompt) => {
            promptPerson(prompt);
            return () => undefined;
          }),
      })),
      [holds, denied, missing, aborted, holdsInBrowser, deniedInBrowser, missingInBrowser, abortedInBrowser],
      /how often the prompt was shown and taken away: expected \{ shown: 1, ended: \+?0 \}/,
    ],
    [
      "asks the person although the refresh token is good",
      withContext(() => ({ refreshToken: undefined })),
      [renews, dead, lost, moved, secret],
      /how often the prompt was shown and taken away: expected \{ shown: 1/,
    ],
    [
      "gives an empty ID token instead of an error",
      breaking((good, settings, context) =>
        good(settings, context).catch((error: unknown) => {
          if (error instanceof TegataError && error.code === "id_token_missing") {
            return { idToken: "", refreshToken: undefined, byRefreshToken: false };
          }
          throw error;
        }),
      ),
      [missing, missingInBrowser],
      /expected id_token_missing, but the promise gave object/,
    ],
    [
      "makes an error of its own of Ctrl-C",
      breaking((good, settings, context) =>
        good(settings, context).catch((error: unknown) => {
          throw error instanceof TegataError ? error : new TegataError("internal", "something failed");
        }),
      ),
      [aborted, abortedInBrowser],
      /acquire does not reject with the reason of the signal/,
    ],
    [
      "names the browser flow and shows a code all the same",
      withContext(() => ({ flows: ["device"] })),
      [holdsInBrowser, deniedInBrowser, missingInBrowser, abortedInBrowser],
      /the prompt in the browser flow is of another kind/,
    ],
    [
      "logs its tokens",
      breaking(async (good, settings, context) => {
        const grant = await good(settings, context);
        context.log(`got ${encodeURIComponent(grant.refreshToken ?? "")}`);
        return grant;
      }),
      [secret],
      /a secret that starts with \S+ stands in the log/,
    ],
    [
      "revokes nothing",
      { ...idpOidc, revoke: () => Promise.resolve() },
      [revoked],
      /expected sign_in_required, but the promise gave object/,
    ],
  ])("%s", async (_name, idp, rules, told) => {
    await expectBroken(idp, rules, told);
  });

  it("takes a key that is a typing mistake", async () => {
    const settings = v.strictObject({
      ...idpOidc.settings.entries,
      clinet_id: v.optional(v.pipe(v.string(), v.description("a typing mistake"))),
    });
    await expectBroken(
      { ...idpOidc, settings },
      [unknownKey],
      /clinet_id is taken: settings must be a v\.strictObject/,
    );
  });

  it("does not describe a setting, or names it in camelCase", async () => {
    const undescribed = v.strictObject({
      ...idpOidc.settings.entries,
      scope: v.optional(v.string(), "openid offline_access"),
    });
    const camel = v.strictObject({
      ...idpOidc.settings.entries,
      myKey: v.optional(v.pipe(v.string(), v.description("a key of mine"))),
    });
    await expectBroken({ ...idpOidc, settings: undescribed }, [everyKey], /scope has no v\.description/);
    await expectBroken({ ...idpOidc, settings: camel }, [everyKey], /a setting is not in snake_case: .*myKey/);
  });
});

idpContract(idpOidc, async () => wear(await startSandbox({ intervalSeconds: 0 })));
