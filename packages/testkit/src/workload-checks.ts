import { HttpFailure, isTegataError, signInAsWorkload, type OptionsSchema, type WorkloadIdp } from "@tegata/core";
import * as v from "valibot";
import { expect } from "vitest";
import { fakeClock } from "./fake-clock.ts";
import { fakeMachine, type FakeMachine } from "./fake-machine.ts";
import { fakePorts } from "./fake-ports.ts";
import { wordChecks } from "./idp-words.ts";
import { expectGoodWords, expectNoSecret } from "./matchers.ts";
import type { WorkloadUnderTest } from "./workload-under-test.ts";

interface WorkloadCheck {
  readonly name: string;
  /** Rejects when the IdP breaks this part of the contract. */
  readonly check: (workload: WorkloadUnderTest) => Promise<void>;
}

/** `good`: as the platform answers. Else nothing gets through, or everything is refused, or Ctrl-C comes first or meanwhile. */
type Network = "good" | "offline" | "refuses" | "interrupted" | "interrupted_meanwhile";

/** The contract as a list, so that the suite itself can be tested against IdPs that break it. */
export function workloadChecks<Schema extends OptionsSchema>(idp: WorkloadIdp<Schema>): readonly WorkloadCheck[] {
  const find = (workload: WorkloadUnderTest, machine: FakeMachine) =>
    idp.find(v.parse(idp.settings, workload.settings), machine);
  const identityOn = async (workload: WorkloadUnderTest, machine: FakeMachine) => {
    const identity = await find(workload, machine);
    if (identity === undefined) {
      throw new Error("the platform under test is not found on its own machine");
    }
    return identity;
  };

  return [
    ...wordChecks(idp, /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\/[a-z0-9]+(-[a-z0-9]+)*)?$/),
    {
      name: "is not found where it is not",
      check: async (workload) => {
        if (workload.isNamed !== true) {
          const elsewhere = fakeMachine();
          expect(await find(workload, elsewhere)).toBeUndefined();
          expect(elsewhere.runs).toEqual([]);
        }
      },
    },
    {
      name: "is found by variables and files alone, and changes nothing",
      check: async (workload) => {
        const machine = await workload.machine();
        const before = new Map(machine.files);
        const identity = await identityOn(workload, machine);
        expect(identity.platform).toMatch(/^[^\n.]{2,40}$/);
        expect(machine.runs).toEqual([]);
        expect(machine.files).toEqual(before);
      },
    },
    {
      name: "gives a token that holds for the issuer and the audience that it names",
      check: async (workload) => {
        const machine = await workload.machine();
        const { context } = startRun(workload, machine, "good");
        await signInAsWorkload(await identityOn(workload, machine), context);
      },
    },
    {
      name: "gives a new token each time",
      check: async (workload) => {
        const machine = await workload.machine();
        const identity = await identityOn(workload, machine);
        const { context } = startRun(workload, machine, "good");
        const first = await identity.acquire(context);
        // What was handed out in a variable stays for as long as the process lives.
        if ((await workload.nextToken(machine)) === machine) {
          expect((await identity.acquire(context)).idToken).not.toBe(first.idToken);
        }
      },
    },
    {
      name: "keeps its fingerprint when the token is replaced, and has no token in it",
      check: async (workload) => {
        const machine = await workload.machine();
        const before = (await identityOn(workload, machine)).fingerprint;
        const after = (await identityOn(workload, await workload.nextToken(machine))).fingerprint;
        expect(after).toBe(before);
        expect(before).not.toBe("");
        expectNoSecret(before, workload.tokens());
      },
    },
    {
      name: "tells another job, pod or machine from this one",
      check: async (workload) => {
        const [here, there] = [await workload.machine(), await workload.anotherMachine()];
        expect((await identityOn(workload, there)).fingerprint).not.toBe(
          (await identityOn(workload, here)).fingerprint,
        );
      },
    },
    {
      name: "fails with idp_unreachable when nothing can be reached, or does not need to",
      check: async (workload) => {
        const machine = await workload.machine();
        const run = startRun(workload, machine, "offline");
        const error = await errorOf((await identityOn(workload, machine)).acquire(run.context));
        if (run.requests.length > 0) {
          expect(isTegataError(error) && error.code).toBe("idp_unreachable");
        }
      },
    },
    {
      name: "asks a few times at most, and ends within a minute",
      check: async (workload) => {
        const machine = await workload.machine();
        const run = startRun(workload, machine, "offline");
        await errorOf((await identityOn(workload, machine)).acquire(run.context));
        expect(run.requests.length).toBeLessThan(20);
        expect(run.clock.monotonic()).toBeLessThan(60_000);
      },
    },
    {
      name: "says what to change when it is refused",
      check: async (workload) => {
        const machine = await workload.machine();
        const run = startRun(workload, machine, "refuses");
        const error = await errorOf((await identityOn(workload, machine)).acquire(run.context));
        if (run.requests.length > 0) {
          expect(isTegataError(error) && error.code).toBe("idp_rejected");
          expect(isTegataError(error) && error.hint).toMatch(/\w/);
          expect(run.requests, "asked again all the same").toHaveLength(1);
        }
      },
    },
    {
      name: "sends and starts nothing after Ctrl-C",
      check: async (workload) => {
        const machine = await workload.machine();
        const run = startRun(workload, machine, "interrupted");
        expect(await errorOf((await identityOn(workload, machine)).acquire(run.context))).toBe(run.abortReason);
        expect([run.requests, machine.runs]).toEqual([[], []]);
      },
    },
    {
      name: "stops on Ctrl-C",
      check: async (workload) => {
        const machine = await workload.machine();
        const run = startRun(workload, machine, "interrupted_meanwhile");
        const error = await errorOf((await identityOn(workload, machine)).acquire(run.context));
        if (run.requests.length > 0) {
          expect(error).toBe(run.abortReason);
          expect(run.requests).toHaveLength(1);
        }
      },
    },
    {
      name: "logs no secret, and has none in its errors",
      check: async (workload) => {
        const said: string[] = [];
        for (const network of ["good", "offline", "refuses"] as const) {
          const machine = await workload.machine();
          const run = startRun(workload, machine, network);
          const error = await errorOf((await identityOn(workload, machine)).acquire(run.context));
          if (isTegataError(error)) {
            expectGoodWords(error);
            said.push(error.message, error.hint ?? "", JSON.stringify(error.details));
          }
          said.push(...run.lines);
        }
        expectNoSecret(said.join("\n"), workload.secrets());
      },
    },
  ];
}

function startRun(workload: WorkloadUnderTest, machine: FakeMachine, network: Network) {
  const controller = new AbortController();
  const abortReason = new Error("interrupted");
  const requests: string[] = [];
  const clock = fakeClock(Date.now());
  if (network === "interrupted") {
    controller.abort(abortReason);
  }
  const ports = fakePorts({
    clock,
    signal: controller.signal,
    fetch: async (url, init) => {
      init.signal?.throwIfAborted();
      requests.push(`${init.method ?? "GET"} ${url}`);
      switch (network) {
        case "good":
        case "interrupted":
          return workload.fetch(url, init);
        case "offline":
          throw new HttpFailure("unreachable", "there is no network");
        case "refuses":
          return new Response(JSON.stringify({ message: "no" }), { status: 403 });
        case "interrupted_meanwhile":
          controller.abort(abortReason);
          throw abortReason;
      }
    },
  });
  return { context: { ...ports, machine }, requests, clock, lines: ports.lines, abortReason };
}

function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
