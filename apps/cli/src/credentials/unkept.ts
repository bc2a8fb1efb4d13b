import { type PromptPerson, TegataError } from "@tegata/core";
import type { CommandContext } from "../command.ts";
import { resolveTokenStore } from "../settings/resolve-token-store.ts";
import { whyUnwritable } from "../storage/private-folder.ts";

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
  const [session, credentials] = await Promise.all([whySessionIsNotKept(context), whyUnkept("cache", context)]);
  let isSaid = false;
  return {
    promptPerson: (prompt) => {
      isSaid = true;
      if (session !== undefined) {
        terminal.warn(`this sign-in cannot be kept: ${session}`);
      }
      if (credentials !== undefined) {
        terminal.warn(`the credentials cannot be kept: ${credentials}`);
      }
      return promptPerson(prompt);
    },
    context: {
      ...context,
      sessions: {
        ...sessions,
        save: (...record) => (isSaid && session !== undefined ? Promise.resolve(false) : sessions.save(...record)),
      },
      cache: {
        ...cache,
        store: (...record) => (isSaid && credentials !== undefined ? Promise.resolve() : cache.store(...record)),
        storeGeneration: (...record) =>
          isSaid && credentials !== undefined ? Promise.resolve() : cache.storeGeneration(...record),
      },
    },
  };
}

async function whySessionIsNotKept(context: CommandContext): Promise<string | undefined> {
  // Whoever wants nothing kept does not want to hear of it.
  const store = await resolveTokenStore(await context.profile());
  return store === "none" ? undefined : whyUnkept("state", context);
}

async function whyUnkept(place: "cache" | "state", { places, outside }: CommandContext): Promise<string | undefined> {
  const [path, variable] =
    place === "cache"
      ? ([places.cacheDir, "TEGATA_CACHE_DIR"] as const)
      : ([places.stateDir, "TEGATA_STATE_DIR"] as const);
  if (path === undefined) {
    return `there is no home folder; name a folder in ${variable}`;
  }
  const problem = await whyUnwritable({ path, variable }, outside);
  return problem instanceof TegataError ? `${problem.message}; ${problem.hint}` : undefined;
}
