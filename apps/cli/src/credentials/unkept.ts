import { type PromptPerson, TegataError } from "@tegata/core";
import type { Engine } from "../engine.ts";
import { resolveTokenStore } from "../settings/resolve-token-store.ts";
import { ownFolderHint, shownPath } from "../storage/ownership.ts";
import { whyNoRoom, whyOutOfUse, whyUnwritable } from "../storage/private-folder.ts";

/**
 * Says before a person is asked what cannot be kept of the answer, and does not try it afterwards: whoever has just signed in
 * wants the credentials, and not an error about a folder.
 *
 * @param promptPerson asks the person; undefined: nobody is asked, and nothing is said
 * @param warn says it, whatever else is silent: a person is about to be asked
 * @returns what to ask and to work with instead
 */
export async function sayingWhatIsNotKept(
  promptPerson: PromptPerson | undefined,
  engine: Engine,
  warn: (line: string) => void,
): Promise<{ readonly promptPerson: PromptPerson | undefined; readonly engine: Engine }> {
  if (promptPerson === undefined) {
    return { promptPerson, engine };
  }
  const { cache, sessions } = engine;
  const [lookAtState, lookAtCache] = await Promise.all([sessionPlace(engine), lookAt("cache", engine)]);
  let session: string | undefined;
  let credentials: string | undefined;
  return {
    promptPerson: (prompt) => {
      session = lookAtState();
      if (session !== undefined) {
        warn(`this sign-in cannot be kept: ${session}`);
      }
      credentials = lookAtCache();
      if (credentials !== undefined) {
        warn(`the credentials cannot be kept: ${credentials}`);
      }
      return promptPerson(prompt);
    },
    engine: {
      ...engine,
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
 * `sign_in_required` where no sign-in would outlive the run that asks for it: neither it nor its credentials could be kept, and the
 * next run would say the same again. A sign-in helps there only together with a folder.
 */
export async function placeRequired(
  { message, details }: TegataError,
  loginCommand: string,
  engine: Engine,
): Promise<TegataError | undefined> {
  const { stateDir, cacheDir } = engine.folders;
  const credentials = { path: cacheDir, variable: "TEGATA_CACHE_DIR" };
  const isSessionKept = (await resolveTokenStore(await engine.profile())) !== "none";
  const [first, ...others] = isSessionKept
    ? [{ path: stateDir, variable: "TEGATA_STATE_DIR" }, credentials]
    : [credentials];
  const reason = whyNot(first.path);
  if (reason === undefined || others.some(({ path }) => whyNot(path) === undefined)) {
    return undefined;
  }
  const place = first.path === undefined ? reason : `${shownPath(first.path)}: ${reason}`;
  return new TegataError("sign_in_required", `${message}, and none can be kept here (${place})`, {
    hint: `${ownFolderHint(first.variable)} && ${loginCommand}`,
    details,
  });
}

/** Says why nothing can be kept; undefined where something can. Writes to the disk, so it is for who is about to ask a person. */
type WhyUnkept = () => string | undefined;

async function sessionPlace(engine: Engine): Promise<WhyUnkept> {
  // Whoever wants nothing kept does not want to hear of it.
  const store = await resolveTokenStore(await engine.profile());
  return store === "none" ? () => undefined : lookAt("state", engine);
}

async function lookAt(place: "cache" | "state", { folders, system }: Engine): Promise<WhyUnkept> {
  const [path, variable] =
    place === "cache"
      ? ([folders.cacheDir, "TEGATA_CACHE_DIR"] as const)
      : ([folders.stateDir, "TEGATA_STATE_DIR"] as const);
  if (path === undefined) {
    return () => `${noHome}; ${ownFolderHint(variable)}`;
  }
  const folder = { path, variable };
  const unwritable = await whyUnwritable(folder, system);
  return () => {
    const problem = unwritable ?? whyNoRoom(folder);
    return problem && `${problem.message}; ${problem.hint}`;
  };
}
