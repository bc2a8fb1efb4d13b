import {
  command,
  hint,
  type IdentityProvider,
  isTegataError,
  or,
  reworded,
  setting,
  shownPath,
  TegataError,
  variable,
  words,
} from "@tegata/core";
import { type FixedSettings, nothingFixed } from "./fixed-settings.ts";
import type { MachineFile } from "../system/machine-file.ts";
import type { LayerName } from "./layer.ts";
import { mergeLayers } from "./merge-layers.ts";
import { checkLayer, type IdpPrograms, parseLayer, positionText, type SettingsLayer } from "./read-layer.ts";
import { noContent, type SettingsContent } from "./settings-file-check.ts";
import { readSettingsText, type SettingsReader, type SettingsText } from "./settings-text.ts";
import { readTeamText, teamPathOf, teamRecordOf } from "./team-file.ts";
import type { TeamRecord } from "./team-record.ts";

export type { IdpPrograms } from "./read-layer.ts";

/** What the settings files say together, checked; empty when there is none. */
export interface SettingsFile extends SettingsContent {
  /** Where a person's own is or would be; `undefined` when nothing says where. */
  readonly path: string | undefined;
  /** True if there is any. */
  readonly exists: boolean;
  /** False for a surface that takes its settings elsewhere, and where no message speaks of a file. */
  readonly isLookedFor: boolean;
  /** The files that are there, the strongest first. */
  readonly layers: readonly SettingsLayer[];
  /** Where the machine's file is or would be; `undefined`: none is looked for. */
  readonly machinePath: string | undefined;
  /** What the administrator of the machine has fixed. */
  readonly fixed: FixedSettings;
  /** Whose file says a key: the strongest in which it stands. */
  layerOf(key: readonly string[]): LayerName | undefined;
  /** The path of that file; of a person's own for a key that stands in none. */
  fileOf(key: readonly string[]): string | undefined;
  /** Where a key stands, `/home/ann/.config/tegata/tegata.toml:12:1`; looked up only when asked for. */
  where(key: readonly string[]): Promise<string>;
}

export interface SettingsFileInput {
  readonly path: string | undefined;
  /** Who named it: a file that was named must exist. */
  readonly namedBy: "flag" | "variable" | undefined;
  readonly idps: readonly IdentityProvider[];
  readonly host: SettingsReader;
  /** Left out: no file of the machine counts. */
  readonly machineFile?: MachineFile | undefined;
  /** Asked only about what a file names and is not in `idps`. */
  readonly idpPrograms?: ((ids: readonly string[]) => Promise<IdpPrograms>) | undefined;
}

/**
 * Reads and checks the settings files: a person's own, the team's that it remembers, the machine's. A missing one is empty settings,
 * unless somebody named it, or remembers it.
 *
 * @throws TegataError `settings_not_found`, `settings_unreadable`, `storage_unsafe`, `settings_syntax`, and
 *   `settings_invalid` with every problem on a line of its own
 */
export async function readSettingsFile(input: SettingsFileInput): Promise<SettingsFile> {
  const { path, machineFile } = input;
  const machine = await readMachineLayer(input);
  const below = machine === undefined ? [] : [machine];
  const own = await readOwnText(input);
  const layers = path === undefined || own === undefined ? below : await layersOver(path, own, below, input);
  return settingsOf(path, machineFile?.path, layers);
}

/** Where one could be and is not. */
export function emptySettings(path: string | undefined): SettingsFile {
  return settingsOf(path, undefined, []);
}

function settingsOf(
  path: string | undefined,
  machinePath: string | undefined,
  layers: readonly SettingsLayer[],
): SettingsFile {
  const content = mergeLayers(layers);
  const holderOf = (key: readonly string[]) => layers.find((layer) => layer.has(key));
  // A key that stands nowhere may be missing in a section that is there.
  const nearest = (key: readonly string[]) =>
    holderOf(key) ?? holderOf(key.slice(0, -1)) ?? layers.find(({ name }) => name === "person");
  return {
    ...content,
    path,
    exists: layers.length > 0,
    isLookedFor: true,
    layers,
    machinePath,
    fixed: content.fixed ?? nothingFixed,
    layerOf: (key) => holderOf(key)?.name,
    fileOf: (key) => nearest(key)?.path ?? path,
    where: (key) => nearest(key)?.where(key) ?? Promise.resolve(positionText(path ?? "the settings file", undefined)),
  };
}

/** The file of the administrator of this machine, checked; `undefined` where there is none. */
export async function readMachineLayer(
  input: Omit<SettingsFileInput, "path" | "namedBy">,
): Promise<SettingsLayer | undefined> {
  const { machineFile, host, idps, idpPrograms } = input;
  if (machineFile === undefined) {
    return undefined;
  }
  const { path, owner } = machineFile;
  const read = await readSettingsText(path, host, { layer: "machine", administrator: owner });
  if (read === undefined) {
    return undefined;
  }
  const document = parseLayer(path, read.text, idps);
  return checkLayer(path, read, document, { layer: "machine", below: noContent }, idps, idpPrograms);
}

/** @throws TegataError `settings_not_found` where it was named and is not there */
async function readOwnText({ path, namedBy, host }: SettingsFileInput): Promise<SettingsText | undefined> {
  const read = path === undefined ? undefined : await readSettingsText(path, host);
  if (read === undefined && path !== undefined && namedBy !== undefined) {
    throw new TegataError(
      "settings_not_found",
      words`there is no settings file ${shownPath(path)} (named by ${namedBy === "flag" ? byFlag : byVariable})`,
      { hint: namedBy === "flag" ? hint`correct ${byFlag}` : hint`correct or unset ${byVariable}` },
    );
  }
  return read;
}

const byFlag = setting("config");
const byVariable = variable("TEGATA_CONFIG");

/** With a person's own file, and the team's if that remembers one, above what is there. */
async function layersOver(
  path: string,
  own: SettingsText,
  below: readonly SettingsLayer[],
  { host, idps, idpPrograms }: SettingsFileInput,
): Promise<readonly SettingsLayer[]> {
  const document = parseLayer(path, own.text, idps);
  const record = teamRecordOf(document);
  const team = record === undefined ? undefined : await readTeamLayer(record, path, below, { host, idps });
  const lower = team === undefined ? below : [team, ...below];
  const place = { layer: "person", below: mergeLayers(lower) } as const;
  return [await checkLayer(path, own, document, place, idps, idpPrograms), ...lower];
}

/** @throws TegataError that says how to get rid of what is wrong: nobody is to correct the copy */
async function readTeamLayer(
  record: TeamRecord,
  ownPath: string,
  below: readonly SettingsLayer[],
  { host, idps }: Pick<SettingsFileInput, "host" | "idps">,
): Promise<SettingsLayer> {
  const path = teamPathOf(ownPath, host.platform);
  try {
    const read = await readTeamText(record, path, ownPath, host);
    const place = { layer: "team", below: mergeLayers(below) } as const;
    // No program: a file from elsewhere must not say what is started here.
    return await checkLayer(path, read, parseLayer(path, read.text, idps), place, idps, undefined);
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    throw reworded(error, {
      hint: [
        hint`get it again: ${command("init", "--update")}`,
        or`do without it: delete the section [team] of ${shownPath(ownPath)}`,
      ],
    });
  }
}
