import {
  commandOfRun,
  hint,
  type PromptPerson,
  shownPath,
  TegataError,
  wordingOf,
  words,
  type Words,
  wordsOfHint,
} from "@tegata/core";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import type { CredentialsCache } from "../storage/credentials-cache.ts";
import type { SessionStore } from "../storage/session-store.ts";
import type { System } from "../system/system.ts";
import { resolveTokenStore } from "../settings/resolve-token-store.ts";
import { ownFolder } from "../files/own-folder-hint.ts";
import { whyNoRoom, whyOutOfUse, whyUnwritable } from "../files/private-folder.ts";

/** Where things are stored; undefined: nowhere. */
export interface StorageFolders {
  readonly cacheDir: string | undefined;
  readonly stateDir: string | undefined;
}

/** Where things are stored, and what keeps them. */
export interface StorageContext {
  readonly cache: CredentialsCache;
  readonly sessions: SessionStore;
  readonly folders: StorageFolders;
  readonly system: System;
  readonly profile: () => Promise<ProfileSettings>;
}

/**
 * Says before a person is asked what cannot be stored, and does not try it afterwards: a person who has just signed in
 * wants the credentials, and not an error about a folder.
 *
 * @param promptPerson asks the person; undefined: nobody is asked, and nothing is said
 * @param warn says it, no matter what else is silent: a person is about to be asked
 * @returns what to ask and to work with instead
 */
export async function warningOfUnstored<Context extends StorageContext>(
  promptPerson: PromptPerson | undefined,
  context: Context,
  warn: (line: string | Words) => void,
): Promise<{ readonly promptPerson: PromptPerson | undefined; readonly context: Context }> {
  if (promptPerson === undefined) {
    return { promptPerson, context };
  }
  const { cache, sessions } = context;
  const [whyNoSession, whyNoCredentials] = await Promise.all([
    whySessionNotStored(context),
    whyFolderUnusable("cache", context),
  ]);
  let session: Words | undefined;
  let credentials: Words | undefined;
  return {
    promptPerson: (prompt) => {
      session = whyNoSession();
      if (session !== undefined) {
        warn(words`this sign-in cannot be stored: ${session}`);
      }
      credentials = whyNoCredentials();
      if (credentials !== undefined) {
        warn(words`the credentials cannot be stored: ${credentials}`);
      }
      return promptPerson(prompt);
    },
    context: {
      ...context,
      sessions: {
        ...sessions,
        save: (...record) => (session !== undefined ? Promise.resolve(false) : sessions.save(...record)),
      },
      cache: {
        ...cache,
        store: (...record) => (credentials !== undefined ? Promise.resolve() : cache.store(...record)),
        storeGeneration: (...record) =>
          credentials !== undefined ? Promise.resolve() : cache.storeGeneration(...record),
      },
    },
  };
}

const noHome = "there is no home folder";

const whyNot = (path: string | undefined) => (path === undefined ? noHome : whyOutOfUse(path));

/**
 * `sign_in_required` where no sign-in would outlive the run that asks for it: neither it nor its credentials could be stored, and the
 * next run would say the same again. A sign-in helps there only together with a folder.
 */
export async function folderRequired(error: TegataError, context: StorageContext): Promise<TegataError | undefined> {
  const { stateDir, cacheDir } = context.folders;
  const credentials = { path: cacheDir, variable: "TEGATA_CACHE_DIR" };
  const isSessionStored = (await resolveTokenStore(await context.profile())) !== "none";
  const [first, ...others] = isSessionStored
    ? [{ path: stateDir, variable: "TEGATA_STATE_DIR" }, credentials]
    : [credentials];
  const reason = whyNot(first.path);
  if (reason === undefined || others.some(({ path }) => whyNot(path) === undefined)) {
    return undefined;
  }
  const where = first.path === undefined ? reason : `${shownPath(first.path)}: ${reason}`;
  return new TegataError(
    "sign_in_required",
    words`${wordingOf(error).message}, and none can be stored here (${where})`,
    {
      hint: hint`${ownFolder(first.variable)} && ${commandOfRun("login")}`,
      details: error.details,
    },
  );
}

/** Says why nothing can be stored; undefined where something can. Writes to the disk, so it is for who is about to ask a person. */
type WhyNotStored = () => Words | undefined;

async function whySessionNotStored(context: StorageContext): Promise<WhyNotStored> {
  // Anyone who wants nothing kept does not want to hear of it.
  const store = await resolveTokenStore(await context.profile());
  return store === "none" ? () => undefined : whyFolderUnusable("state", context);
}

async function whyFolderUnusable(
  folderKind: "cache" | "state",
  { folders, system }: StorageContext,
): Promise<WhyNotStored> {
  const [path, variable] =
    folderKind === "cache"
      ? ([folders.cacheDir, "TEGATA_CACHE_DIR"] as const)
      : ([folders.stateDir, "TEGATA_STATE_DIR"] as const);
  if (path === undefined) {
    return () => words`${noHome}; ${ownFolder(variable)}`;
  }
  const folder = { path, variable };
  const unwritable = await whyUnwritable(folder, system);
  return () => {
    const problem = unwritable ?? whyNoRoom(folder);
    return problem && words`${wordingOf(problem).message}; ${wordsOfHint(wordingOf(problem).hint ?? [])}`;
  };
}
