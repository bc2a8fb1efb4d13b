import { type ErrorCode, isTegataError, type OptionsSchema, type WorkloadIdp } from "@tegata/core";
import { startTokenServer, type TokenServerResponse, type TokenServer, type TokenServerOptions } from "@tegata/sandbox";
import { expectNoSecret, failure, fakeMachine, type FakeMachineOptions } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRun } from "./run.ts";
import { tokenFaults } from "./token-faults.ts";

interface RequestingPlatform {
  readonly tokenServer?: TokenServerOptions;
  readonly settings: (tokenServer: TokenServer) => Readonly<Record<string, unknown>>;
  /** `ownToken` is one that the platform has given to this job already, for somebody else. */
  readonly machine: (tokenServer: TokenServer, ownToken: string) => FakeMachineOptions;
  readonly routes?: (tokenServer: TokenServer) => Readonly<Record<string, string>>;
  /** A good answer with this token, byte for byte as the platform documents it. */
  readonly answer: (token: string) => TokenServerResponse;
  /** The statuses after which the platform says to ask again. */
  readonly transient: readonly number[];
  /** What the platform itself says when it refuses. */
  readonly refusals: readonly { readonly status: number; readonly body: string; readonly said: string }[];
  /** In milliseconds, where it is asked for longer than elsewhere. */
  readonly furtherSleeps?: readonly number[];
  readonly hint: RegExp;
  readonly secrets: readonly string[];
}

const html = "<!doctype html><title>Sign in</title>";

/** Everything that can go wrong between a platform's endpoint and tegata, over real connections. */
export function requestFaults<Schema extends OptionsSchema>(
  idp: WorkloadIdp<Schema>,
  options: RequestingPlatform,
): void {
  describe(`${idp.id}, when its endpoint`, () => {
    let tokenServer: TokenServer;
    let ownToken: string;
    beforeAll(async () => {
      tokenServer = await startTokenServer(options.tokenServer);
      ownToken = await tokenServer.signToken({ aud: "https://example.com/team" });
    });
    afterAll(() => tokenServer.close());

    const start = (timesOut = false) => {
      tokenServer.clear();
      return startRun(idp, {
        settings: options.settings(tokenServer),
        machine: fakeMachine(options.machine(tokenServer, ownToken)),
        routes: options.routes?.(tokenServer) ?? {},
        timesOut,
      });
    };
    const good = async () => options.answer(await tokenServer.signToken());
    /** Answers these in turn, then well. */
    const answers = (...given: readonly TokenServerResponse[]) => {
      const rest = [...given];
      tokenServer.respond = () => rest.shift() ?? good();
    };
    const always = (answer: TokenServerResponse) => {
      tokenServer.respond = () => answer;
    };
    const failsWith = async (code: ErrorCode, timesOut = false) => {
      const run = start(timesOut);
      const error = await failure(run.signIn(), code);
      const said = [error.message, error.hint, JSON.stringify(error.details), ...run.lines].join("\n");
      expectNoSecret(said, [...options.secrets, ...tokenServer.tokens()]);
      return { error, ...run };
    };

    it("answers well: the token is verified, after one request", async () => {
      answers();
      expect((await start().signIn()).idToken.claims.iss).toBe(tokenServer.issuer);
      expect(tokenServer.requests()).toHaveLength(1);
    });

    it.each(options.refusals)(
      "refuses with HTTP $status: the error has its words, the hint says what to change, and it is not asked again",
      async (refusal) => {
        always({ status: refusal.status, body: refusal.body });
        const { error } = await failsWith("idp_rejected");
        expect(error.message).toContain(`HTTP ${refusal.status}`);
        expect(error.message).toContain(refusal.said);
        expect(error.hint).toMatch(options.hint);
        expect(tokenServer.requests(), "asked again all the same").toHaveLength(1);
      },
    );

    it.each(options.secrets)("quotes the secret that it was sent (%s): the error leaves it out", async (secret) => {
      always({ status: 403, body: JSON.stringify({ message: `no access with ${secret}` }) });
      expect((await failsWith("idp_rejected")).error.message).toContain("no access with …");
    });

    it.each([400, 401, 403, 404])(
      "refuses with HTTP %i and a page: the error has a hint, and no page",
      async (status) => {
        always({ status, headers: { "content-type": "text/html" }, body: html });
        const { error } = await failsWith("idp_rejected");
        expect(error.hint).toMatch(/\w/);
        expect(error.message).not.toContain("<");
      },
    );

    it.each(options.transient)("answers HTTP %i once: it is asked again", async (status) => {
      answers({ status, body: "{}" });
      const run = start();
      await run.signIn();
      expect(tokenServer.requests()).toHaveLength(2);
      expect(run.clock.sleeps).toEqual([375]);
    });

    it("answers HTTP 503 to the end: it is asked again a few times, at longer and longer intervals", async () => {
      always({ status: 503, body: html });
      const { clock, lines } = await failsWith("idp_unavailable");
      const sleeps = [375, 750, 1500, 3000, 3000, ...(options.furtherSleeps ?? [])];
      expect(clock.sleeps).toEqual(sleeps);
      expect(tokenServer.requests()).toHaveLength(sleeps.length + 1);
      expect(lines[0]).toContain("asked again in 375 ms: HTTP 503");
    });

    it("says 429 with Retry-After: it is asked again after that time", async () => {
      answers({ status: 429, headers: { "retry-after": "7" } });
      const { signIn, clock } = start();
      await signIn();
      expect(clock.sleeps).toEqual([7000]);
    });

    it("says to come back in an hour: it is not waited for", async () => {
      always({ status: 429, headers: { "retry-after": "3600" } });
      const { clock } = await failsWith("idp_unavailable");
      expect(clock.sleeps).toEqual([]);
    });

    it("cuts the connection once: it is asked again", async () => {
      answers("cut");
      const { signIn, clock } = start();
      await signIn();
      // The runtime may ask again by itself when a kept connection is cut.
      expect(tokenServer.requests().length).toBeGreaterThanOrEqual(2);
      expect(clock.sleeps.length).toBeLessThanOrEqual(1);
    });

    it("cuts every connection: it is idp_unreachable, with a hint about the network", async () => {
      always("cut");
      const { error } = await failsWith("idp_unreachable");
      expect(error.hint).toContain("network");
    });

    it("never answers: it is idp_unreachable after 10 s", async () => {
      always("hang");
      const { error } = await failsWith("idp_unreachable", true);
      expect(error.message).toContain("no complete answer within 10 s");
    });

    it.each([
      ["a page", { status: 200, headers: { "content-type": "text/html" }, body: html }],
      ["nothing", { status: 200, body: "" }],
    ] satisfies [string, TokenServerResponse][])(
      "answers %s with HTTP 200: that is no token",
      async (_name, answer) => {
        always(answer);
        const run = start();
        const error: unknown = await run.signIn().catch((thrown: unknown) => thrown);
        // A platform that answers plain text gives something that is no token; any other gives no JSON.
        expect(isTegataError(error) && error.code).toMatch(/^(idp_invalid_response|id_token_invalid)$/);
      },
    );

    it("redirects to a sign-in page: the error says so, and nothing is sent there", async () => {
      always({ status: 302, headers: { location: `${tokenServer.origin}/sign-in` } });
      const { error } = await failsWith("idp_unreachable");
      expect(error.message).toContain("redirects elsewhere");
      expect(tokenServer.requests().map(({ target }) => target)).not.toContain("/sign-in");
    });

    it.each(tokenFaults)("gives a bad token ($name): it is refused", async (fault) => {
      const given = await fault.token(tokenServer);
      always(options.answer(given));
      const { error } = await failsWith(fault.code);
      expect(error.message).toMatch(fault.message);
    });
  });
}
