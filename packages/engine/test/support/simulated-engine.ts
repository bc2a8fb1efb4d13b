import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type IdentityProvider, inWords, plainVocabulary, TegataError } from "@tegata/core";
import { fakeListen, fakeMachine } from "@tegata/testkit";
import { createEngine, type Engine, type EngineOptions } from "../../src/engine.ts";
import { thisProcessIdentity } from "../../src/files/process-identity.ts";
import type { System } from "../../src/system/system.ts";
import type { simulation } from "./simulation.ts";

interface SimulatedEngine {
  readonly engine: Engine;
  /** What was said, warnings marked as such. */
  readonly said: readonly string[];
}

type World = Awaited<ReturnType<typeof simulation>>;

/** The head of a settings file that names the provider of the simulation. */
export const provider = `[idp.corp]\ntype = "simulated"\n\n`;

/** A profile with a role, for a settings file. */
export function profileNamed(name: string, more = ""): string {
  return `[profile.${name}]\nidp = "corp"\nrole_arn = "arn:aws:iam::123456789012:role/${name}"\nregion = "us-east-1"\ntoken_store = "file"\n${more}\n`;
}

/** A run of the engine as a whole, on the disk and beside the provider of a simulation. */
export async function simulatedEngine(
  world: World,
  settings: string,
  options: Partial<EngineOptions> & {
    readonly idps?: readonly IdentityProvider[];
    /** What stands in the machine's settings file; left out, there is none. */
    readonly machineSettings?: string | undefined;
    readonly variables?: Readonly<Record<string, string>>;
  } = {},
): Promise<SimulatedEngine> {
  const { base, time, fetch, idp } = world;
  const said: string[] = [];
  const { idps = [idp.plugin], machineSettings, variables = {}, ...obtained } = options;
  const config = join(base, "tegata.toml");
  await writeFile(config, settings, { mode: 0o600 });
  const machinePath = join(base, "machine.toml");
  await (machineSettings === undefined
    ? rm(machinePath, { force: true })
    : writeFile(machinePath, machineSettings, { mode: 0o644 }));
  const folders = { TEGATA_CACHE_DIR: join(base, "cache"), TEGATA_STATE_DIR: join(base, "state") };
  const system: System = {
    platform: process.platform,
    env: { ...folders, TEGATA_CONFIG: config, ...variables },
    machineFile: { path: machinePath, owner: process.getuid?.() ?? 0 },
    home: base,
    currentFolder: () => base,
    uid: process.getuid?.(),
    pid: process.pid,
    identity: thisProcessIdentity,
    isGone: () => false,
    self: undefined,
    machine: fakeMachine(),
    clock: withoutLimits(time.clock),
    random: () => 0.5,
    fetch,
    listen: fakeListen().listen,
    signal: new AbortController().signal,
  };
  const engine = createEngine({
    system,
    plugins: { idps, formats: [] },
    programs: () => Promise.reject(new TegataError("internal", "no program is a plugin here")),
    defaults: {},
    notify: {
      say: (line) => said.push(inWords(line, plainVocabulary)),
      warn: (line) => said.push(`warning: ${inWords(line, plainVocabulary)}`),
      log: () => undefined,
    },
    flags: {},
    positionalProfile: undefined,
    config: undefined,
    isForAwsClient: false,
    ignoresAwsProfile: false,
    mayAskForTrust: false,
    ...obtained,
  });
  return { engine, said };
}

/** The time of the simulation, on which no limit of the engine ever runs out. */
function withoutLimits(clock: Clock): Clock {
  return {
    ...clock,
    sleep: (_milliseconds, signal) =>
      new Promise((_resolve, reject) => {
        // The reason is what the caller gave to abort().
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  };
}
