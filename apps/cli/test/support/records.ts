import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { World } from "./world.ts";

const credentialsRecord = v.looseObject({
  roleArn: v.string(),
  obtainedAt: v.number(),
  credentials: v.looseObject({ accessKeyId: v.string(), expiration: v.string(), assumedRoleArn: v.string() }),
});

const sessionRecord = v.looseObject({
  subject: v.string(),
  idToken: v.optional(v.string()),
  refreshToken: v.optional(v.string()),
});

/** What the cache holds of one role: the newest sign-in's, when a folder holds but one. */
export async function cachedCredentials(cacheDir: string, roleArn: string) {
  const records = (await recordsIn(cacheDir, credentialsRecord)).filter(({ record }) => record.roleArn === roleArn);
  const [found, ...others] = records;
  if (found === undefined || others.length > 0) {
    throw new Error(`the cache holds ${records.length} records of ${roleArn}`);
  }
  return found;
}

/** Makes cached credentials look as old as time would have made them: of one hour, this many minutes are left. */
export async function ageCredentials(cacheDir: string, roleArn: string, minutesLeft: number): Promise<void> {
  const { path, record } = await cachedCredentials(cacheDir, roleArn);
  const ends = Date.now() + minutesLeft * 60_000;
  const credentials = { ...record.credentials, expiration: `${new Date(ends).toISOString().slice(0, 19)}Z` };
  await writeFile(path, JSON.stringify({ ...record, credentials, obtainedAt: ends - 3_600_000 }));
}

/** The sign-in sessions that a folder holds. */
export function sessionsIn(stateDir: string) {
  return recordsIn(stateDir, sessionRecord);
}

/** The one sign-in session that a folder holds. */
export async function onlySession(stateDir: string) {
  const [found, ...others] = await sessionsIn(stateDir);
  if (found === undefined || others.length > 0) {
    throw new Error(`the state folder holds ${found === undefined ? "no session" : "several sessions"}`);
  }
  return found;
}

/** What time does to a session: only the refresh token is left of it. */
export async function endIdToken(stateDir: string): Promise<void> {
  const { path, record } = await onlySession(stateDir);
  const { idToken: _ended, ...rest } = record;
  await writeFile(path, JSON.stringify(rest));
}

async function recordsIn<Output>(folder: string, schema: v.GenericSchema<unknown, Output>) {
  // Cached outputs (*.output) lie beside the records that they were made of.
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const text = await readFile(path, "utf8");
      return { path, text, record: v.parse(schema, JSON.parse(text)) };
    }),
  );
}

/** Lets time pass, by runs that change nothing, until another process has got so far as to leave a file of that name. */
export async function untilThereIs(name: RegExp, world: Pick<World, "cacheDir" | "run">): Promise<void> {
  while (!(await readdir(world.cacheDir)).some((each) => name.test(each))) {
    await world.run(["status"]);
  }
}
