import {
  hint,
  HttpFailure,
  type IdentityProvider,
  isTegataError,
  or,
  type Ports,
  setting,
  shownPath,
  shownValue,
  TegataError,
  toIsoSeconds,
  unreachable,
  variable,
} from "@tegata/core";
import { deleteFile, writePrivateFile } from "../files/atomic-file.ts";
import type { Locks } from "../files/lock.ts";
import { sha256 } from "../files/sha256.ts";
import { readRegularFile } from "../files/open-file.ts";
import { singleFlight } from "../files/single-flight.ts";
import { makePrivateFolders } from "../files/parent-folders.ts";
import { mergeLayers } from "../settings/merge-layers.ts";
import { checkLayer, parseLayer, type SettingsLayer } from "../settings/read-layer.ts";
import { readMachineLayer, type SettingsFileInput } from "../settings/settings-file.ts";
import { schemaLine } from "../settings/schema-line.ts";
import { readSettingsText, type SettingsText } from "../settings/settings-text.ts";
import { folderOf, sha256OfBytes, teamPathOf, teamRecordOf } from "../settings/team-file.ts";
import type { TeamRecord } from "../settings/team-record.ts";
import type { TeamLink } from "../settings/team-link.ts";
import { withTeam } from "../settings/team-table.ts";
import { aboutPublished, type TeamTrust, trustOf } from "../settings/team-trust.ts";
import type { System } from "../system/system.ts";
import { changeSettings } from "./write-settings.ts";

const maxBytes = 1_048_576;
const maxRedirects = 3;
const patienceMilliseconds = 15_000;

/** A team's settings that have been fetched, or lie here, and are good. */
export interface TeamFile {
  readonly url: string;
  readonly sha256: string;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly version: number | undefined;
  readonly profiles: readonly string[];
  readonly trust: TeamTrust;
  /** Names of sections that stand in the person's own file as well, `profile.dev`: what is said there is stronger. */
  readonly alsoOwn: readonly string[];
}

/** What is remembered of the team's settings, and what lies here of them. */
export interface TeamAtHand {
  readonly record: TeamRecord;
  /** `undefined` where the copy is gone, or no good. */
  readonly file: TeamFile | undefined;
}

/** What handling a team's settings works with. */
export interface TeamContext {
  /** Where a person's own settings file is, or would be. */
  readonly settingsPath: string | undefined;
  readonly system: System;
  readonly ports: Pick<Ports, "fetch" | "clock" | "random" | "signal">;
  readonly credentialsLocks: Locks;
  readonly idps: readonly IdentityProvider[];
  readonly idpPrograms: NonNullable<SettingsFileInput["idpPrograms"]>;
}

/**
 * Fetches a team's settings and judges them. Nothing is kept of them.
 *
 * @throws TegataError `idp_unreachable`, `idp_unavailable`, `settings_not_found`; `settings_invalid` where the hash is another, where a
 *   key is not for such a file, where its version is lower than the one that is remembered; `settings_syntax`
 */
export async function fetchTeam(link: TeamLink, context: TeamContext): Promise<TeamFile> {
  const bytes = await download(link.url, context);
  const found = sha256OfBytes(bytes);
  if (link.sha256 !== undefined && link.sha256 !== found) {
    throw new TegataError(
      "settings_invalid",
      `${shownValue(link.url, 500)} is not the file of the link: its SHA-256 is ${found}, and the link says ${link.sha256}`,
      {
        hint: "ask for the link of today, and how it reaches you: somebody may have changed the file",
        details: { sha256: found },
      },
    );
  }
  const file = await judgeTeam(link.url, bytes, context);
  const { record } = (await teamAtHand(context)) ?? {};
  const { version } = file;
  if (record?.version !== undefined && (version === undefined || version < record.version)) {
    const has = version === undefined ? "has no version" : `has the version ${version}`;
    throw new TegataError(
      "settings_invalid",
      `${shownValue(link.url, 500)} ${has}, and the version ${record.version} is here already`,
      {
        hint: [
          hint`tell those who publish the file: an older one may have been put in its place`,
          or`to take it all the same, delete the section [team] of ${shownPath(context.settingsPath ?? "")} first`,
        ],
        details: { sha256: found },
      },
    );
  }
  return file;
}

/** At the same host only: no other was named. */
async function download(url: string, { ports }: TeamContext): Promise<Uint8Array> {
  let at = url;
  for (let redirects = 0; ; redirects += 1) {
    let response;
    try {
      response = await ports.fetch(at, {
        headers: { accept: "application/toml, text/plain, */*" },
        signal: ports.signal,
      });
    } catch (error) {
      const to = error instanceof HttpFailure ? error.redirectsTo : undefined;
      const next = to !== undefined && URL.canParse(to, at) ? new URL(to, at) : undefined;
      if (
        next === undefined ||
        redirects === maxRedirects ||
        next.origin !== new URL(url).origin ||
        next.username !== ""
      ) {
        throw unreachable("idp_unreachable", "the team's settings", url, error, false);
      }
      at = next.href;
      continue;
    }
    if (response.status !== 200) {
      const code = response.status === 429 || response.status >= 500 ? "idp_unavailable" : "settings_not_found";
      throw new TegataError(code, `${shownValue(url, 500)} answers HTTP ${response.status}`, {
        hint: code === "idp_unavailable" ? "try again in a moment" : "check the link",
        details: { httpStatus: response.status },
      });
    }
    return new Uint8Array(await response.arrayBuffer());
  }
}

async function judgeTeam(url: string, bytes: Uint8Array, context: TeamContext): Promise<TeamFile> {
  const { idps } = context;
  const own = await readOwn(context);
  const document = own === undefined ? {} : parseLayer(context.settingsPath ?? "", own.text, idps);
  try {
    const text = decode(url, bytes);
    const machine = await readMachineLayer(layerInput(context));
    const layer = await checkTeam(url, text, machine === undefined ? [] : [machine], idps);
    const has = (kind: string, name: string) => {
      const sections: unknown =
        typeof document === "object" && document !== null ? Reflect.get(document, kind) : undefined;
      return typeof sections === "object" && sections !== null && Object.hasOwn(sections, name);
    };
    const { content } = layer;
    const names = (["idp", "profile"] as const).flatMap((kind) =>
      [...(kind === "idp" ? content.idps : content.profiles).keys()].flatMap((name) =>
        has(kind, name) ? [`${kind}.${name}`] : [],
      ),
    );
    return {
      url,
      sha256: sha256OfBytes(bytes),
      text,
      bytes,
      version: content.version,
      profiles: [...content.profiles.keys()],
      trust: trustOf(content, idps),
      alsoOwn: names,
    };
  } catch (error) {
    throw isTegataError(error) && ["settings_syntax", "settings_invalid"].includes(error.code)
      ? aboutPublished(error)
      : error;
  }
}

function checkTeam(
  path: string,
  text: string,
  below: readonly SettingsLayer[],
  idps: readonly IdentityProvider[],
): Promise<SettingsLayer> {
  const place = { layer: "team", below: mergeLayers(below) } as const;
  return checkLayer(path, { text, file: undefined }, parseLayer(path, text, idps), place, idps, undefined);
}

function decode(url: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TegataError("settings_syntax", `${shownValue(url, 500)} is no text in UTF-8`, { cause: error });
  }
}

function layerInput({ system, idps, idpPrograms }: TeamContext) {
  return { host: system, machineFile: system.machineFile, idps, idpPrograms };
}

async function readOwn({ settingsPath, system }: TeamContext): Promise<SettingsText | undefined> {
  return settingsPath === undefined ? undefined : readSettingsText(settingsPath, system);
}

/**
 * What is remembered of the team's settings; `undefined` where a person has none.
 *
 * @throws TegataError where the person's own settings file cannot be read
 */
export async function teamAtHand(context: TeamContext): Promise<TeamAtHand | undefined> {
  const { settingsPath, system, idps } = context;
  const own = await readOwn(context);
  const record = own && settingsPath !== undefined ? teamRecordOf(parseLayer(settingsPath, own.text, idps)) : undefined;
  if (record === undefined || settingsPath === undefined) {
    return undefined;
  }
  // One that is broken is about to be replaced: then there is nothing to compare with.
  const read = await readSettingsText(teamPathOf(settingsPath, system.platform), system, { layer: "team" }).catch(
    () => undefined,
  );
  const isSame = read !== undefined && sha256OfBytes(read.bytes) === record.sha256;
  const file = isSame ? await judgeTeam(record.url, read.bytes, context).catch(() => undefined) : undefined;
  return { record, file };
}

/**
 * Takes a team's settings: the copy beside the person's own file, and what that remembers. Both, or neither.
 *
 * @returns the path of the copy
 * @throws TegataError `settings_not_found` without a place for them; `settings_invalid` where the person's own file would be no good
 *   on top of them, or is written in a way that they cannot be remembered in; `storage_*`, `file_*`
 */
export async function keepTeam(file: TeamFile, context: TeamContext): Promise<string> {
  const { settingsPath, system, ports, credentialsLocks } = context;
  if (settingsPath === undefined) {
    throw new TegataError("settings_not_found", "no home folder is known to keep the team's settings in", {
      hint: [hint`name a settings file: ${setting("config", "FILE")}`, or`set ${variable("TEGATA_CONFIG")}`],
    });
  }
  const path = teamPathOf(settingsPath, system.platform);
  await singleFlight(
    {
      locks: credentialsLocks,
      name: `team-${sha256(path).slice(0, 32)}`,
      what: shownPath(path),
      patienceMilliseconds,
      find: () => Promise.resolve(undefined),
      work: async () => {
        const { before, after } = await plannedOwn(file, settingsPath, context);
        await replaceBoth({ path, settingsPath, bytes: file.bytes, before, after }, context);
        return true;
      },
    },
    ports,
  );
  return path;
}

async function plannedOwn(
  file: TeamFile,
  settingsPath: string,
  context: TeamContext,
): Promise<{ readonly before: string | undefined; readonly after: string }> {
  const own = await readOwn(context);
  if (own !== undefined && own.file === undefined) {
    throw new TegataError("usage_invalid", `${shownPath(settingsPath)} is no file that stays`, {
      hint: hint`name another one: ${setting("config", "FILE")}`,
    });
  }
  // Without the decoding, so that a mark at its beginning stays.
  const before = own && new TextDecoder("utf-8", { ignoreBOM: true }).decode(own.bytes);
  const record: TeamRecord = {
    url: file.url,
    sha256: file.sha256,
    fetched_at: toIsoSeconds(context.ports.clock.now()),
    ...(file.version === undefined ? {} : { version: file.version }),
  };
  const after = await withTeam(before ?? `${schemaLine}\n`, record);
  if (after === undefined) {
    throw new TegataError(
      "settings_invalid",
      `${shownPath(settingsPath)} says team in a way that nothing can be put into it`,
      { hint: `write it as a section: [team] on a line, then url and sha256` },
    );
  }
  await refuseBrokenOwn(after, file, settingsPath, context);
  return { before, after };
}

/** Each command would fail from then on. */
async function refuseBrokenOwn(
  after: string,
  file: TeamFile,
  settingsPath: string,
  context: TeamContext,
): Promise<void> {
  const { idps, idpPrograms } = context;
  const machine = await readMachineLayer(layerInput(context));
  const below = machine === undefined ? [] : [machine];
  const team = await checkTeam(file.url, file.text, below, idps);
  const text = after.replace(/^\uFEFF/, "");
  const place = { layer: "person", below: mergeLayers([team, ...below]) } as const;
  await checkLayer(
    settingsPath,
    { text, file: undefined },
    parseLayer(settingsPath, text, idps),
    place,
    idps,
    idpPrograms,
  );
}

interface BothFiles {
  readonly path: string;
  readonly settingsPath: string;
  readonly bytes: Uint8Array;
  readonly before: string | undefined;
  readonly after: string;
}

/** A copy that the person's own file does not remember is put back as it was: it would stop every command. */
async function replaceBoth(
  { path, settingsPath, bytes, before, after }: BothFiles,
  context: TeamContext,
): Promise<void> {
  const { system, ports } = context;
  await makePrivateFolders(folderOf(path, system.platform));
  const former = readRegularFile(path, { maxBytes, followLink: false });
  ports.signal.throwIfAborted();
  await writePrivateFile(path, bytes, system);
  try {
    await changeSettings({ path: settingsPath, before, after }, context);
  } catch (error) {
    if (former === "absent") {
      await deleteFile(path).catch(() => undefined);
    } else if (typeof former !== "string") {
      await writePrivateFile(path, former, system).catch(() => undefined);
    }
    throw error;
  }
}
