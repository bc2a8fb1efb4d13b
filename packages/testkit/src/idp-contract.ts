import {
  discover,
  verifyIdToken,
  type AcquireContext,
  type Fetch,
  type IdentityProvider,
  type OptionsSchema,
  type Ports,
} from "@tegata/core";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectNoSecret, failure } from "./matchers.ts";

/** A running identity provider that wears the plugin's face, with a person who does as told. */
export interface IdpUnderTest {
  /** Settings as they stand in `tegata.toml`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Reaches the provider. */
  readonly fetch: Fetch;
  /** A person opens this page and allows the sign-in. */
  approve(verificationUri: string): Promise<void>;
  /** A person opens this page and denies the sign-in. */
  deny(verificationUri: string): Promise<void>;
  /** The next answer with tokens holds no ID token. */
  omitNextIdToken(): void;
  /** Everything secret that the provider has given out so far. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}

/**
 * What every IdP plugin that asks a person must do. Call it in a test file of the plugin:
 *
 * ```ts
 * idpContract(myIdp, startMyProvider);
 * ```
 *
 * Polling waits through a clock of the suite's own that lets time pass without waiting.
 */
export function idpContract<Schema extends OptionsSchema>(
  idp: IdentityProvider<Schema>,
  start: () => Promise<IdpUnderTest>,
): void {
  describe(`IdP contract: ${idp.id}`, () => {
    let provider: IdpUnderTest;
    beforeAll(async () => {
      provider = await start();
    });
    afterAll(() => provider.stop());

    const settings = () => v.parse(idp.settings, provider.settings);

    it("has a kebab-case id and a one-line summary without capital and full stop", () => {
      expect(idp.id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(idp.summary).toMatch(/^[^\n.]{5,80}$/);
    });

    it("refuses a key that it does not know", () => {
      expect(v.safeParse(idp.settings, { ...provider.settings, clinet_id: "typo" }).success).toBe(false);
    });

    it("describes every setting in lower case, for --help", () => {
      for (const [key, schema] of Object.entries(idp.settings.entries)) {
        expect(key, "settings are snake_case").toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
        const inner = "wrapped" in schema ? schema.wrapped : schema;
        expect(v.getDescription(inner), `${key} has no v.description`).toMatch(/^[^A-Z].{4,}[^.]$/);
      }
    });

    it("needs a sign-in, and asks nobody, when there is no session and nobody may be asked", async () => {
      const run = createRun(provider);
      await failure(idp.acquire(settings(), run.context({ person: "nobody" })), "sign_in_required");
      expect(run.requests, "requests sent all the same").toEqual([]);
    });

    it("gives an ID token that holds, once the person allows the sign-in", async () => {
      const run = createRun(provider);
      const grant = await idp.acquire(settings(), run.context({ person: "allows" }));
      const { issuer, audience } = idp.expectations(settings());
      const verified = await verifyIdToken(grant.idToken, await discover(issuer, run.ports), audience, run.ports);
      expect(verified.claims.sub).not.toBe("");
      expect(grant.byRefreshToken).toBe(false);
      expect(run.prompts).toEqual({ shown: 1, ended: 1 });
    });

    it("fails with device_denied when the person denies it, and takes the prompt away", async () => {
      const run = createRun(provider);
      await failure(idp.acquire(settings(), run.context({ person: "denies" })), "device_denied");
      expect(run.prompts).toEqual({ shown: 1, ended: 1 });
    });

    it("renews by refresh token without a person, and keeps a rotated one before it returns", async () => {
      const first = await idp.acquire(settings(), createRun(provider).context({ person: "allows" }));
      expect(first.refreshToken, "the provider under test must give refresh tokens").toBeDefined();
      const run = createRun(provider);
      const second = await idp.acquire(
        settings(),
        run.context({ person: "nobody", refreshToken: first.refreshToken ?? "" }),
      );
      expect(second.byRefreshToken).toBe(true);
      expect(second.idToken).not.toBe("");
      expect(run.kept).toEqual(second.refreshToken === first.refreshToken ? [] : [second.refreshToken]);
    });

    it("drops a dead refresh token once, then needs a person", async () => {
      const run = createRun(provider);
      await failure(
        idp.acquire(settings(), run.context({ person: "nobody", refreshToken: "no-such-refresh-token" })),
        "sign_in_required",
      );
      expect(run.dropped).toBe(1);
    });

    it("keeps the refresh token when the provider cannot be reached", async () => {
      const run = createRun(provider);
      const context = run.context({ person: "nobody", refreshToken: "still-good", offline: true });
      await failure(idp.acquire(settings(), context), "idp_unreachable");
      expect(run.dropped).toBe(0);
    });

    it("fails with id_token_missing when the answer holds none", async () => {
      const run = createRun(provider);
      provider.omitNextIdToken();
      await failure(idp.acquire(settings(), run.context({ person: "allows" })), "id_token_missing");
    });

    it("stops polling and takes the prompt away on Ctrl-C", async () => {
      const run = createRun(provider);
      const reason = new Error("interrupted");
      const acquired = idp.acquire(settings(), run.context({ person: "aborts", reason }));
      await expect(acquired).rejects.toBe(reason);
      expect(run.prompts).toEqual({ shown: 1, ended: 1 });
    });

    it("logs no secret", async () => {
      const run = createRun(provider);
      const grant = await idp.acquire(settings(), run.context({ person: "allows" }));
      await idp.acquire(settings(), run.context({ person: "nobody", refreshToken: grant.refreshToken ?? "" }));
      expectNoSecret(run.lines.join("\n"), provider.secrets());
    });
  });

  interface ContextOptions {
    readonly person: "nobody" | "allows" | "denies" | "aborts";
    readonly refreshToken?: string;
    readonly offline?: boolean;
    readonly reason?: Error;
  }

  function createRun(provider: IdpUnderTest) {
    const controller = new AbortController();
    const requests: string[] = [];
    const lines: string[] = [];
    const kept: (string | undefined)[] = [];
    const prompts = { shown: 0, ended: 0 };
    const run = { requests, lines, kept, prompts, dropped: 0 };
    let decided: Promise<void> = Promise.resolve();
    const startedAt = performance.now();
    let skipped = 0;
    const portsFor = (offline: boolean): Ports => ({
      fetch: (url, init) => {
        requests.push(url);
        return provider.fetch(offline ? "http://127.0.0.1:1/" : url, init);
      },
      clock: {
        now: () => Date.now(),
        monotonic: () => performance.now() - startedAt + skipped,
        // Waits for the person instead of for time: polls come right after the decision.
        sleep: async (milliseconds, signal) => {
          await decided;
          skipped += milliseconds;
          signal?.throwIfAborted();
        },
      },
      random: () => 0.5,
      signal: controller.signal,
      log: (line) => lines.push(line),
    });
    const context = ({ person, refreshToken, offline = false, reason }: ContextOptions): AcquireContext => {
      const ports = portsFor(offline);
      return {
        ...ports,
        refreshToken,
        discover: () => discover(idp.expectations(v.parse(idp.settings, provider.settings)).issuer, ports),
        promptPerson:
          person === "nobody"
            ? undefined
            : (prompt) => {
                prompts.shown += 1;
                const uri = prompt.verificationUriComplete ?? prompt.verificationUri;
                if (person === "aborts") {
                  controller.abort(reason);
                } else {
                  decided = person === "allows" ? provider.approve(uri) : provider.deny(uri);
                }
                return () => {
                  prompts.ended += 1;
                };
              },
        keepRefreshToken: async (token) => {
          kept.push(token);
          await Promise.resolve();
        },
        dropRefreshToken: async () => {
          run.dropped += 1;
          await Promise.resolve();
        },
      };
    };
    return Object.assign(run, { context, ports: portsFor(false) });
  }
}
