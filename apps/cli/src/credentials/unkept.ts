import type { PromptPerson } from "@tegata/core";
import type { CommandContext } from "../command.ts";
import { resolveTokenStore } from "../settings/resolve-token-store.ts";
import { whyNoRoom, whyUnwritable } from "../storage/private-folder.ts";

/**
 * Says before a person is asked what cannot be kept of the answer, and does not try it afterwards: whoever has just signed in
 * wants the credentials, and not an error about a folder.
 *
 * @param promptPerson asks the person; undefined: nobody is asked, and nothing is said
 * @returns what to ask and to work with instead
 */
export async function sayingWhatIsNotKept(
  promptPerson: PromptPerson | undefined,
  context: CommandContext,
): Promise<{ readonly promptPerson: PromptPerson | undefined; readonly context: CommandContext }> {
  if (promptPerson === undefined) {
    return { promptPerson, context };
  }
  const { cache, sessions, terminal } = context;
  const [lookAtState, lookAtCache] = await Promise.all([sessionPlace(context), lookAt("cache", context)]);
  let session: string | undefined;
  let credentials: string | undefined;
  return {
    promptPerson: (prompt) => {
      session = lookAtState();
      if (session !== undefined) {
        terminal.warn(`this sign-in cannot be kept: ${session}`);
      }
      credentials = lookAtCache();
      if (credentials !== undefined) {
        terminal.warn(`the credentials cannot be kept: ${credentials}`);
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

/** Says why nothing can be kept; undefined where something can. Writes to the disk, so it is for who is about to ask a person. */
type WhyUnkept = () => string | undefined;

async function sessionPlace(context: CommandContext): Promise<WhyUnkept> {
  // Whoever wants nothing kept does not want to hear of it.
  const store = await resolveTokenStore(await context.profile());
  return store === "none" ? () => undefined : lookAt("state", context);
}

async function lookAt(place: "cache" | "state", { places, outside }: CommandContext): Promise<WhyUnkept> {
  const [path, variable] =
    place === "cache"
      ? ([places.cacheDir, "TEGATA_CACHE_DIR"] as const)
      : ([places.stateDir, "TEGATA_STATE_DIR"] as const);
  if (path === undefined) {
    return () => `there is no home folder; name a folder in ${variable}`;
  }
  const folder = { path, variable };
  const unwritable = await whyUnwritable(folder, outside);
  return () => {
    const problem = unwritable ?? whyNoRoom(folder);
    return problem && `${problem.message}; ${problem.hint}`;
  };
}
