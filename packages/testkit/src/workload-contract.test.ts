import { limitedFetch, TegataError, type WorkloadIdentity, type WorkloadIdp } from "@tegata/core";
import { idpWorkload } from "@tegata/idp-workload";
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fakeMachine } from "./fake-machine.ts";
import { heldClock } from "./held-clock.ts";
import { workloadChecks } from "./workload-checks.ts";
import { workloadContract } from "./workload-contract.ts";
import type { WorkloadUnderTest } from "./workload-under-test.ts";

type Idp = typeof idpWorkload;
type Acquire = WorkloadIdentity["acquire"];

const bearer = "the-request-token-of-a-job";

let workload: TokenServer;
let underTest: WorkloadUnderTest;
beforeAll(async () => {
  workload = await startTokenServer({ issuerPath: "/_services/token" });
  underTest = wear(workload);
});
afterAll(() => workload.close());

function wear(world: TokenServer): WorkloadUnderTest {
  world.respond = async () => ({ status: 200, body: JSON.stringify({ value: await world.signToken() }) });
  const machineOf = async (job: string) =>
    fakeMachine({
      variables: {
        GITHUB_ACTIONS: "true",
        GITHUB_SERVER_URL: world.origin,
        GITHUB_RUN_ID: job,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${world.origin}/token?x=1`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
      },
    });
  return {
    settings: {},
    machine: () => machineOf("1"),
    anotherMachine: () => machineOf("2"),
    nextToken: (machine) => Promise.resolve(machine),
    fetch: limitedFetch(fetch, heldClock()),
    tokens: () => world.tokens(),
    secrets: () => [...world.tokens(), bearer],
    stop: () => world.close(),
  };
}

/** The names of the checks that an IdP breaks. */
async function broken(idp: WorkloadIdp): Promise<string[]> {
  const names: string[] = [];
  for (const { name, check } of workloadChecks(idp)) {
    await check(underTest).catch(() => names.push(name));
  }
  return names;
}

const identityOf = (change: (identity: WorkloadIdentity) => Partial<WorkloadIdentity>): Idp => ({
  ...idpWorkload,
  find: async (settings, machine) => {
    const identity = await idpWorkload.find(settings, machine);
    return identity && { ...identity, ...change(identity) };
  },
});
const acquiring = (acquire: (good: Acquire, ...given: Parameters<Acquire>) => ReturnType<Acquire>): Idp =>
  identityOf((identity) => ({ acquire: (context) => acquire((given) => identity.acquire(given), context) }));

const words = "has a kebab-case id and a one-line summary without capital and full stop";
const elsewhere = "is not found where it is not";
const quietly = "is found by variables and files alone, and changes nothing";
const holds = "gives a token that holds for the issuer and the audience that it names";
const again = "gives a new token each time";
const fingerprint = "keeps its fingerprint when the token is replaced, and has no token in it";
const another = "tells another job, pod or machine from this one";
const unreachable = "fails with idp_unreachable when nothing can be reached, or does not need to";
const ends = "asks a few times at most, and ends within a minute";
const refused = "says what to change when it is refused";
const afterAbort = "sends and starts nothing after Ctrl-C";
const onAbort = "stops on Ctrl-C";
const secret = "logs no secret, and has none in its errors";

/** A platform that is here, there and everywhere, and gives nothing. */
const nothing: WorkloadIdentity = {
  platform: "nowhere",
  fingerprint: "nothing",
  acquire: () => Promise.reject(new Error("nothing")),
};

let kept: Awaited<ReturnType<Acquire>> | undefined;
let count = 0;

describe("the workload contract catches an IdP that", () => {
  it.each<[string, Idp, readonly string[]]>([
    ["is good: nothing", idpWorkload, []],
    ["has two slashes in its id", { ...idpWorkload, id: "workload/git/hub" }, [words]],
    [
      "is found everywhere",
      { ...idpWorkload, find: () => Promise.resolve(nothing) },
      [elsewhere, holds, again, another, afterAbort],
    ],
    [
      "starts a program to find out where it is",
      {
        ...idpWorkload,
        find: async (settings, machine) => {
          await machine.run(["uname"], { timeoutMilliseconds: 1, maxBytes: 1 }).catch(() => undefined);
          return idpWorkload.find(settings, machine);
        },
      },
      [elsewhere, quietly, afterAbort],
    ],
    [
      "leaves a file behind",
      {
        ...idpWorkload,
        find: async (settings, machine) => {
          await machine.appendFile("/tmp/trace", "here");
          return idpWorkload.find(settings, machine);
        },
      },
      [quietly],
    ],
    ["has a whole sentence for a platform", identityOf(() => ({ platform: "It runs in GitHub Actions." })), [quietly]],
    [
      "names another audience than the token's",
      acquiring(async (good, context) => ({ ...(await good(context)), audience: "other" })),
      [holds],
    ],
    [
      "keeps its first token",
      acquiring(async (good, context) => {
        context.signal.throwIfAborted();
        return (kept ??= await good(context));
      }),
      [again],
    ],
    [
      "counts in its fingerprint",
      identityOf((identity) => ({ fingerprint: `${identity.fingerprint}${(count += 1)}` })),
      [fingerprint],
    ],
    [
      "has its token in the fingerprint",
      identityOf(() => ({ fingerprint: workload.tokens().at(-1) ?? "" })),
      [fingerprint, another],
    ],
    ["has nothing in its fingerprint", identityOf(() => ({ fingerprint: "" })), [fingerprint, another]],
    ["takes every job for the same", identityOf(() => ({ fingerprint: "github" })), [another]],
    [
      "makes its own error of what cannot be reached",
      acquiring(async (good, context) => {
        try {
          return await good(context);
        } catch (error) {
          context.signal.throwIfAborted();
          throw error instanceof TegataError && error.code === "idp_unreachable"
            ? new TegataError("internal", "something failed")
            : error;
        }
      }),
      [unreachable],
    ],
    [
      "never gives up",
      acquiring(async (good, context) => {
        for (let attempt = 0; attempt < 20; attempt += 1) {
          await good(context).catch(() => undefined);
        }
        return good(context);
      }),
      [ends, refused],
    ],
    [
      "tries again what was refused",
      acquiring((good, context) =>
        good(context).catch((error: unknown) => {
          context.signal.throwIfAborted();
          if (error instanceof TegataError && error.code === "idp_rejected") {
            return good(context);
          }
          throw error;
        }),
      ),
      [refused],
    ],
    [
      "has no hint",
      acquiring((good, context) =>
        good(context).catch((error: unknown) => {
          throw error instanceof TegataError ? new TegataError(error.code, error.message) : error;
        }),
      ),
      [refused],
    ],
    [
      "does not look at the signal",
      acquiring((good, context) => good({ ...context, signal: new AbortController().signal })),
      [afterAbort],
    ],
    [
      "makes an error of its own of Ctrl-C",
      acquiring((good, context) =>
        good(context).catch((error: unknown) => {
          throw error instanceof TegataError ? error : new TegataError("internal", "something failed");
        }),
      ),
      [afterAbort, onAbort],
    ],
    [
      "logs its token",
      acquiring(async (good, context) => {
        const token = await good(context);
        context.log(`got ${token.idToken}`);
        return token;
      }),
      [secret],
    ],
    [
      "has what it sent in its errors",
      acquiring((good, context) =>
        good(context).catch((error: unknown) => {
          throw error instanceof TegataError
            ? new TegataError(error.code, `${error.message} with ${bearer}`, { hint: error.hint ?? "" })
            : error;
        }),
      ),
      [secret],
    ],
  ])("%s", async (_name, idp, names) => {
    expect(await broken(idp)).toEqual(names);
  });

  it("takes a key that is a typing mistake, or does not describe one", async () => {
    const typo = v.strictObject({
      ...idpWorkload.settings.entries,
      clinet_id: v.optional(v.pipe(v.string(), v.description("a typing mistake"))),
    });
    expect(await broken({ ...idpWorkload, settings: typo })).toEqual(["refuses a key that it does not know"]);
    const undescribed = v.strictObject({ ...idpWorkload.settings.entries, other: v.optional(v.string()) });
    expect(await broken({ ...idpWorkload, settings: undescribed })).toEqual([
      "describes every setting in lower case, for --help",
    ]);
  });
});

workloadContract(idpWorkload, async () => wear(await startTokenServer({ issuerPath: "/_services/token" })));
