import {
  type Fetch,
  limitedFetch,
  type OptionsSchema,
  type WorkloadSignIn,
  signInAsWorkload,
  type WorkloadIdp,
} from "@tegata/core";
import { startTokenServer, type TokenServer, type TokenServerOptions } from "@tegata/sandbox";
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

interface RunOptions {
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

/** Finds the platform and signs in with its token, which is verified. */
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

interface UnderTestOptions {
  readonly tokenServer?: TokenServerOptions;
  /** Default: the platform's issuer. */
  readonly settings?: (tokenServer: TokenServer) => Readonly<Record<string, unknown>>;
  readonly isNamed?: boolean;
  /** The machine of one of two jobs; `token` is the one that it has now. */
  readonly machine: (tokenServer: TokenServer, job: "first" | "second", token: string) => FakeMachineOptions;
  /** Where the token is: in this file, in a variable, or nowhere because it is asked for. */
  readonly tokenIn: { readonly file: string } | "variable" | "nowhere";
  readonly answer?: (tokenServer: TokenServer) => TokenServer["respond"];
  readonly routes?: (tokenServer: TokenServer) => Routes;
  /** Besides the ID tokens. */
  readonly secrets?: readonly string[];
}

/** A platform on loopback for the contract. */
export async function placeUnderTest(options: UnderTestOptions): Promise<WorkloadUnderTest> {
  const tokenServer = await startTokenServer(options.tokenServer);
  tokenServer.respond = options.answer?.(tokenServer) ?? tokenServer.respond;
  const machineOf = async (job: "first" | "second") =>
    fakeMachine(options.machine(tokenServer, job, await tokenServer.signToken({ sub: `${job} job` })));
  return {
    settings: options.settings?.(tokenServer) ?? { issuer: tokenServer.issuer },
    isNamed: options.isNamed ?? false,
    machine: () => machineOf("first"),
    anotherMachine: () => machineOf("second"),
    nextToken: async (machine) => {
      if (options.tokenIn === "variable") {
        return machineOf("first");
      }
      if (options.tokenIn !== "nowhere") {
        machine.files.set(options.tokenIn.file, `${await tokenServer.signToken({ sub: "first job" })}\n`);
      }
      return machine;
    },
    fetch: loopbackFetch(options.routes?.(tokenServer) ?? {}),
    tokens: () => tokenServer.tokens(),
    secrets: () => [...tokenServer.tokens(), ...(options.secrets ?? [])],
    stop: () => tokenServer.close(),
  };
}
