import {
  type Fetch,
  limitedFetch,
  type OptionsSchema,
  type WorkloadSignIn,
  signInAsWorkload,
  type WorkloadIdp,
} from "@tegata/core";
import { startWorkloadPlace, type WorkloadPlace, type WorkloadPlaceOptions } from "@tegata/sandbox";
import {
  type FakeClock,
  fakeClock,
  fakeMachine,
  type FakeMachine,
  type FakeMachineOptions,
  fakePorts,
  heldClock,
  type WorkloadUnderTest,
} from "@tegata/testkit";
import * as v from "valibot";

/** By origin, what stands in for it on loopback. */
type Routes = Readonly<Record<string, string>>;

export interface RunOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly machine: FakeMachine;
  readonly routes?: Routes;
  /** Every request runs out of time at once: for servers that never answer. */
  readonly timesOut?: boolean;
  readonly clock?: FakeClock;
}

/** Real requests to loopback, as tegata sends them; what is for the world goes where the routes say. */
function loopbackFetch(routes: Routes, timesOut = false): Fetch {
  const routed: Fetch = (url, init) => {
    const { origin } = new URL(url);
    return fetch(url.replace(origin, routes[origin] ?? origin), init);
  };
  // A clock that stands still means that no request runs out of time.
  return limitedFetch(routed, timesOut ? fakeClock() : heldClock());
}

/** Finds the place and signs in with its token, which is verified. */
export function startRun<Schema extends OptionsSchema>(idp: WorkloadIdp<Schema>, options: RunOptions) {
  const { settings = {}, machine, routes = {}, timesOut, clock = fakeClock(Date.now()) } = options;
  const ports = fakePorts({ clock, fetch: loopbackFetch(routes, timesOut) });
  const find = () => idp.find(v.parse(idp.settings, settings), machine);
  const signIn = async (): Promise<WorkloadSignIn> => {
    const identity = await find();
    if (identity === undefined) {
      throw new Error("not found");
    }
    return signInAsWorkload(identity, { ...ports, machine });
  };
  return { find, signIn, clock, lines: ports.lines };
}

export interface UnderTestOptions {
  readonly place?: WorkloadPlaceOptions;
  /** Default: the place's issuer. */
  readonly settings?: (place: WorkloadPlace) => Readonly<Record<string, unknown>>;
  readonly isNamed?: boolean;
  /** The machine of one of two jobs; `token` is the one that it has now. */
  readonly machine: (place: WorkloadPlace, job: "first" | "second", token: string) => FakeMachineOptions;
  /** Where the token rests: in this file, in a variable, or nowhere because it is asked for. */
  readonly rests: { readonly file: string } | "variable" | "nowhere";
  readonly answer?: (place: WorkloadPlace) => WorkloadPlace["answer"];
  readonly routes?: (place: WorkloadPlace) => Routes;
  /** Besides the ID tokens. */
  readonly secrets?: readonly string[];
}

/** A place on loopback for the contract. */
export async function placeUnderTest(options: UnderTestOptions): Promise<WorkloadUnderTest> {
  const place = await startWorkloadPlace(options.place);
  place.answer = options.answer?.(place) ?? place.answer;
  const machineOf = async (job: "first" | "second") =>
    fakeMachine(options.machine(place, job, await place.mint({ sub: `${job} job` })));
  return {
    settings: options.settings?.(place) ?? { issuer: place.issuer },
    isNamed: options.isNamed ?? false,
    machine: () => machineOf("first"),
    anotherMachine: () => machineOf("second"),
    nextToken: async (machine) => {
      if (options.rests === "variable") {
        return machineOf("first");
      }
      if (options.rests !== "nowhere") {
        machine.files.set(options.rests.file, `${await place.mint({ sub: "first job" })}\n`);
      }
      return machine;
    },
    fetch: loopbackFetch(options.routes?.(place) ?? {}),
    tokens: () => place.tokens(),
    secrets: () => [...place.tokens(), ...(options.secrets ?? [])],
    stop: () => place.close(),
  };
}
