import { isTegataError } from "@tegata/core";
import { writePrivateFile } from "../files/atomic-file.ts";
import { currentGeneration, isOfGeneration, type SignInStorage, whileNobodyStores } from "../session/stored-sign-in.ts";
import { freshness } from "../storage/credentials-cache.ts";
import type { System } from "../system/system.ts";
import { type CredentialsOfRun, sourceOf } from "./credentials.ts";

/** The file of stored credentials, by which an output of them can be judged without reading it. */
export interface CredentialsFile {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since the epoch, rounded down. */
  readonly writtenAt: number;
  /** The instants between which the credentials are handed out as they are, in milliseconds since the epoch. */
  readonly freshFrom: number;
  readonly freshUntil: number;
}

/** What storing an output works with. */
interface OutputContext extends SignInStorage {
  readonly system: Pick<System, "platform" | "uid">;
}

/**
 * Stores an output of credentials in a file, and only while they are the stored ones: an output can have waited in a full pipe
 * while somebody else signed in. A file `*.output` in the cache folder is deleted with them. It is never in the way: what cannot be
 * stored is left out.
 *
 * @param encode the content of the file; `undefined`: it is not stored after all
 */
export async function storeOutput(
  ofRun: CredentialsOfRun,
  file: string,
  encode: (kept: CredentialsFile) => Uint8Array | undefined,
  context: OutputContext,
): Promise<void> {
  const { cache, ports, system } = context;
  const { chosen, obtained } = sourceOf(ofRun);
  const { key, record } = obtained;
  const path = cache.pathOf(key);
  // A stored output is found by its settings alone.
  if (path === undefined || chosen.role.dependsOnFile) {
    return;
  }
  try {
    await whileNobodyStores(key.session, context, async () => {
      const kept = await cache.inspect(key);
      if (
        kept?.record.credentials.sessionToken !== record.credentials.sessionToken ||
        !isOfGeneration(record, await currentGeneration(key.session, context))
      ) {
        ports.log("the output is not cached: its credentials are not the cached ones any more");
        return;
      }
      const { from, until } = freshness(record);
      const { bytes, writtenAt } = kept;
      const content = encode({ path, bytes, writtenAt, freshFrom: from, freshUntil: until });
      if (content !== undefined) {
        await writePrivateFile(file, content, system);
      }
    });
  } catch (error) {
    const reason = isTegataError(error) ? error.message : "the cached credentials are not there";
    ports.log(`the output is not cached: ${reason}`);
  }
}
