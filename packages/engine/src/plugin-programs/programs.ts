import { type Format, type IdentityProvider, isTegataError, thisProgram, words } from "@tegata/core";
import type { Plugins } from "../settings/plugins.ts";
import type { System } from "../system/system.ts";
import type { IdpPrograms } from "../settings/settings-file.ts";
import { refusePluginPrograms } from "../settings/fixed.ts";
import { foldersOf } from "../settings/folders.ts";
import type { ConversationPorts } from "./conversation.ts";
import { digestOfProgram } from "./program-digest.ts";
import { failed, invalid } from "./program-process.ts";
import { describeProgram, readDescription } from "./describe-program.ts";
import { programFormat } from "./program-format.ts";
import { programEnvironment } from "./program-environment.ts";
import { programIdp } from "./program-idp.ts";
import { isPluginId, type PluginKind, programNameOf } from "./plugin-name.ts";
import { listPrograms, type LocatedProgram, locateProgram, programAt } from "./program-location.ts";
import { type JudgedProgram, judgeTrust, requireTrust, type TrustContext } from "./program-trust.ts";
import type { Description } from "./protocol.ts";
import { createTrustRecords, type TrustRecord, type TrustRecords } from "./trust-records.ts";

/** Plugins that are programs. Nothing is looked for, and no program run, before one of these functions is called. */
export interface PluginPrograms {
  readonly records: TrustRecords;
  /**
   * The format that the program `tegata-format-NAME` is; undefined when there is no such program.
   *
   * @throws TegataError `plugin_untrusted`, `plugin_invalid`, `process_failed`
   */
  format(id: string): Promise<Format | undefined>;
  /**
   * The identity provider that the program `tegata-idp-NAME` is; undefined when there is no such program.
   *
   * @param mayAsk False: nobody is asked whether to trust it.
   * @throws TegataError likewise
   */
  idp(id: string, mayAsk: boolean): Promise<IdentityProvider | undefined>;
  /**
   * Those that are trusted, by what they said of themselves then: no program is run. That one is still the same is proved
   * when it is started, and nobody is asked then.
   */
  known(): Promise<Plugins>;
  /** What can be said of the identity providers that a settings file names: those that are not there are in neither list. */
  idpsOfSettings(ids: readonly string[]): Promise<IdpPrograms>;
  locate(kind: PluginKind, id: string): Promise<LocatedProgram | undefined>;
  /** What is at a path that a person wrote, wherever that is; undefined when it is no plugin. */
  at(path: string): Promise<LocatedProgram | undefined>;
  /** Every plugin program on `PATH`, in the order in which it is searched, and those that are trusted elsewhere. */
  list(): Promise<readonly LocatedProgram[]>;
  judge(program: LocatedProgram): Promise<JudgedProgram>;
  /** Runs a program to learn what it is, and remembers it as trusted. */
  trust(program: LocatedProgram, sha256: string): Promise<TrustRecord>;
  /** Runs a program to learn what it is; its response as it came, and as it is meant. */
  describe(program: LocatedProgram): Promise<{ readonly raw: unknown; readonly description: Description }>;
  conversationPorts(description?: Description): ConversationPorts;
}

interface PluginProgramsOptions {
  readonly system: System;
  readonly stdoutIsTerminal: boolean;
  readonly version: string;
  /** What the programs say for `--verbose`. */
  readonly log: (line: string) => void;
  /** Whether a person trusts a program; undefined: nobody is asked anything in this run. */
  readonly confirm: TrustContext["confirm"];
  /** Flags that no setting of an IdP, and flags that no option of a format, may be called like. */
  readonly takenFlags: Readonly<Record<PluginKind, ReadonlySet<string>>>;
}

/**
 * The plugin programs of this run. Nothing is looked for, read or started before somebody asks.
 *
 * @throws TegataError as `foldersOf` does
 */
export function createPluginPrograms(options: PluginProgramsOptions): PluginPrograms {
  const { system, version, log } = options;
  const { env, platform, signal } = system;
  const { stateDir } = foldersOf(system);
  const folder = stateDir === undefined ? undefined : { path: stateDir, variable: "TEGATA_STATE_DIR" };
  const records = createTrustRecords(folder, system);

  const conversationPorts: PluginPrograms["conversationPorts"] = (description) => ({
    platform,
    env: programEnvironment(env, platform, description?.variables),
    signal,
    log,
    // Before each start, no matter what for.
    prove: (program: { readonly name: string; readonly path: string }) => refusePluginPrograms(program, system),
  });
  const describe = async (program: LocatedProgram) => {
    const described = await describeProgram(program, version, conversationPorts());
    refuseTakenNames(described.description, program, options);
    return described;
  };
  const trust: PluginPrograms["trust"] = async (program, sha256) => {
    const { name, path } = program;
    // A person may have thought for a while.
    if ((await digestOfProgram(program)) !== sha256) {
      throw failed(program, `${name} was changed while it was being looked at`);
    }
    const { raw } = await describe(program);
    const record = { program: name, path, sha256, description: raw };
    await records.save(record);
    return record;
  };
  const locate: PluginPrograms["locate"] = async (kind, id) => {
    const found = await locateProgram(kind, id, system);
    if (found !== undefined) {
      return found;
    }
    // Programs that are started from a desktop often have a shorter PATH than those that are started from a shell.
    const record = await records.load(programNameOf(kind, id)).catch(unlessStorageFails);
    return record === undefined ? undefined : programAt(record.path, system);
  };
  const descriptionIn = (record: TrustRecord, program: LocatedProgram): Description | undefined => {
    try {
      const description = readDescription(record.description, program);
      refuseTakenNames(description, program, options);
      return description;
    } catch (error) {
      if (!isTegataError(error)) {
        throw error;
      }
      // By another version of this program, which had other rules: the program is asked again.
      return undefined;
    }
  };
  /** Who is known may have been changed since; and a run can be hours long, like that of an endpoint which renews. */
  const provenAtEachStart = ({ program, description }: Opened, isProvenNow: boolean): ConversationPorts => {
    let isProven = isProvenNow;
    const prove = async () => {
      await refusePluginPrograms(program, system);
      if (!isProven) {
        await requireTrust(program, { env, records, confirm: undefined }, (sha256) => trust(program, sha256));
      }
      isProven = false;
    };
    return { ...conversationPorts(description), prove };
  };
  const pluginOf = (opened: Opened, isProvenNow: boolean): Plugins => {
    const { program, description } = opened;
    const own = provenAtEachStart(opened, isProvenNow);
    const { stdoutIsTerminal } = options;
    return description.kind === "idp"
      ? { idps: [programIdp(program, description, own)], formats: [] }
      : { idps: [], formats: [programFormat(program, description, { ...own, stdoutIsTerminal })] };
  };
  const open = async (kind: PluginKind, id: string, mayAsk: boolean): Promise<Plugins> => {
    const program = await locate(kind, id);
    if (program === undefined) {
      return { idps: [], formats: [] };
    }
    // Before a person is asked whether to trust it.
    await refusePluginPrograms(program, system);
    const confirm = mayAsk ? options.confirm : undefined;
    const record = await requireTrust(program, { env, records, confirm }, (sha256) => trust(program, sha256));
    const kept = record && descriptionIn(record, program);
    if (kept !== undefined) {
      return pluginOf({ program, description: kept }, true);
    }
    const { raw, description } = await describe(program);
    if (record !== undefined) {
      await records.save({ ...record, description: raw });
    }
    return pluginOf({ program, description }, true);
  };

  const known: PluginPrograms["known"] = async () => {
    const found: Plugins[] = [];
    for (const record of await records.list()) {
      const program = await programAt(record.path, system);
      const description = program && descriptionIn(record, program);
      if (program !== undefined && description !== undefined) {
        found.push(pluginOf({ program, description }, false));
      }
    }
    return { idps: found.flatMap(({ idps }) => idps), formats: found.flatMap(({ formats }) => formats) };
  };

  return {
    records,
    conversationPorts,
    locate,
    trust,
    at: (path) => programAt(path, system, true),
    list: async () => {
      const onPath = await listPrograms(system);
      const paths = (await records.list()).map(({ path }) => path);
      const elsewhere = paths.filter((path) => !onPath.some((program) => program.path === path));
      const others = await Promise.all(elsewhere.map((path) => programAt(path, system)));
      return [...onPath, ...others.flatMap((program) => program ?? [])];
    },
    judge: (program) => judgeTrust(program, { env, records }),
    describe,
    format: async (id) => (await open("format", id, true)).formats[0],
    idp: async (id, mayAsk) => (await open("idp", id, mayAsk)).idps[0],
    known,
    idpsOfSettings: async (ids) => {
      const described = (await known()).idps.filter(({ id }) => ids.includes(id));
      const undescribed: string[] = [];
      for (const id of ids.filter((each) => !described.some((idp) => idp.id === each))) {
        if (isPluginId(id) && (await locate("idp", id)) !== undefined) {
          undescribed.push(id);
        }
      }
      return { described, undescribed };
    },
  };
}

function unlessStorageFails(error: unknown): undefined {
  if (!isTegataError(error)) {
    throw error;
  }
}

interface Opened {
  readonly program: LocatedProgram;
  readonly description: Description;
}

/** Two meanings of one flag would be one too many. */
function refuseTakenNames(
  description: Description,
  program: LocatedProgram,
  { takenFlags }: PluginProgramsOptions,
): void {
  const { properties = {} } = description.kind === "idp" ? description.settings : description.options;
  const taken = Object.keys(properties).find((name) => takenFlags[description.kind].has(name.replaceAll("_", "-")));
  if (taken !== undefined) {
    const what = description.kind === "idp" ? "a setting" : "an option";
    throw invalid(program, words`${program.name} has ${what} called ${taken}, as ${thisProgram} itself has`);
  }
}
