import { constants, type Stats } from "node:fs";
import { access, readdir, realpath, stat } from "node:fs/promises";
import { basename, delimiter, dirname, isAbsolute, join } from "node:path";
import { shownValue, shownPath } from "@tegata/core";
import { hasModes, type Host, modeText, othersCanWrite } from "../files/file-access.ts";
import type { PluginProgram } from "./program-process.ts";
import { parseProgramName, type PluginKind, programNameOf } from "./plugin-name.ts";

/** A program that is there: one that may be run once somebody trusts it, or one that is not run, and why. */
export type LocatedProgram = PluginProgram & {
  readonly kind: PluginKind;
  /** Undefined: nothing speaks against where it lies. */
  readonly refusal: string | undefined;
};

export interface PluginSearch extends Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Undefined where it has been deleted. */
  readonly currentFolder: () => string | undefined;
}

/**
 * The first program of the name on `PATH` that may be run; where there is none, the first that may not be.
 *
 * @returns undefined when there is none at all
 */
export async function locateProgram(
  kind: PluginKind,
  id: string,
  search: PluginSearch,
): Promise<LocatedProgram | undefined> {
  let refused: LocatedProgram | undefined;
  for (const folder of searchedFolders(search)) {
    const found = await programAt(join(folder, fileNameOf(programNameOf(kind, id), search)), search);
    if (found?.refusal === undefined) {
      if (found !== undefined) {
        return found;
      }
    } else {
      refused ??= found;
    }
  }
  return refused;
}

/** Every plugin program on `PATH`, in the order in which it is searched. */
export async function listPrograms(search: PluginSearch): Promise<readonly LocatedProgram[]> {
  const found: LocatedProgram[] = [];
  for (const folder of searchedFolders(search)) {
    const names = await readdir(folder === "" ? "." : folder).catch(() => []);
    for (const name of names.filter((each) => parseProgramName(nameOf(each, search)) !== undefined).sort()) {
      const program = await programAt(join(folder, name), search);
      found.push(...(program === undefined ? [] : [program]));
    }
  }
  return found;
}

/**
 * A program at a path, and whether where it lies speaks against it. What is no file that could be run is none.
 *
 * @param named true when a person wrote this very path: then it may lie anywhere
 */
export async function programAt(
  path: string,
  search: PluginSearch,
  named = false,
): Promise<LocatedProgram | undefined> {
  const name = nameOf(basename(path), search);
  const parsed = parseProgramName(name);
  const stats = await stat(path).catch(() => undefined);
  if (parsed === undefined || stats?.isFile() !== true || !(await isExecutable(path, search))) {
    return undefined;
  }
  const realPath = await realpath(path);
  const refusal = named ? undefined : await refusalOf(path, realPath, stats, search);
  return { ...parsed, name, path, realPath, refusal };
}

function searchedFolders({ env }: PluginSearch): readonly string[] {
  return [...new Set((env["PATH"] ?? "").split(delimiter))];
}

function fileNameOf(name: string, { platform }: Host): string {
  return platform === "win32" ? `${name}.exe` : name;
}

function nameOf(fileName: string, { platform }: Host): string {
  return platform === "win32" ? fileName.replace(/\.exe$/i, "") : fileName;
}

async function isExecutable(path: string, host: Host): Promise<boolean> {
  return access(path, host.platform === "win32" ? constants.F_OK : constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Why a program is not run where it lies: others could have put it there, or could have changed it. */
async function refusalOf(
  path: string,
  realPath: string,
  stats: Stats,
  search: PluginSearch,
): Promise<string | undefined> {
  if (!isAbsolute(path)) {
    return `the entry of PATH that it is found by is relative (${shownValue(dirname(path))})`;
  }
  const here = search.currentFolder();
  const folder = await realpath(dirname(path));
  if (here !== undefined && [folder, dirname(realPath)].includes(await realpath(here))) {
    return "it is in the current folder";
  }
  if (!hasModes(search)) {
    return undefined;
  }
  const problem = whoCouldChange(realPath, stats, search, false);
  if (problem !== undefined) {
    return problem;
  }
  for (const each of new Set([folder, dirname(realPath)])) {
    const found = await folderProblem(each, search);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** Of a folder and of those that it lies in: anyone who can write to one of them can put another instead. */
async function folderProblem(folder: string, search: PluginSearch): Promise<string | undefined> {
  let each = folder;
  for (;;) {
    // In /tmp everybody may make files, but nobody may touch those of others.
    const problem = whoCouldChange(each, await stat(each), search, each !== folder);
    if (problem !== undefined || dirname(each) === each) {
      return problem;
    }
    each = dirname(each);
  }
}

function whoCouldChange(
  path: string,
  { uid, gid, mode }: Stats,
  search: PluginSearch,
  stickyWillDo: boolean,
): string | undefined {
  if (uid !== search.uid && uid !== 0) {
    return `${shownPath(path)} belongs to uid ${uid}, neither to you nor to root`;
  }
  return !othersCanWrite({ uid, gid, mode }, search) || (stickyWillDo && (mode & stickyBit) !== 0)
    ? undefined
    : `others can write to ${shownPath(path)} (mode ${modeText(mode)})`;
}

const stickyBit = 0o1000;
