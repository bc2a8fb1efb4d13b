import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";

const documentRecord = v.looseObject({ url: v.string(), body: v.string(), readAt: v.number() });

/** What the cache folder keeps of identity providers. */
export async function storedDocuments(cacheDir: string) {
  const names = (await readdir(cacheDir)).filter((name) => name.endsWith(".document"));
  return Promise.all(
    names.map(async (name) => {
      const path = join(cacheDir, name);
      return { path, record: v.parse(documentRecord, JSON.parse(await readFile(path, "utf8"))) };
    }),
  );
}

type Kept = Awaited<ReturnType<typeof storedDocuments>>[number];

/** The discovery document or the key set, where the folder keeps those of one provider. */
export async function storedDocument(cacheDir: string, which: "discovery" | "keys"): Promise<Kept> {
  const found = (await storedDocuments(cacheDir)).filter(
    ({ record }) => record.url.endsWith("/openid-configuration") === (which === "discovery"),
  );
  const [first, ...others] = found;
  if (first === undefined || others.length > 0) {
    throw new Error(`the cache folder keeps ${found.length} documents`);
  }
  return first;
}

/** Writes other members into a kept document's JSON. */
export async function patchDocument({ path, record }: Kept, members: Readonly<Record<string, unknown>>): Promise<void> {
  const body: unknown = JSON.parse(record.body);
  await writeFile(path, JSON.stringify({ ...record, body: JSON.stringify(Object.assign({}, body, members)) }));
}

export async function forgetDocuments(cacheDir: string): Promise<void> {
  await Promise.all((await storedDocuments(cacheDir)).map(({ path }) => rm(path)));
}
