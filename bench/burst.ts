import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "@tegata/sandbox";
import * as v from "valibot";

const processes = 50;

interface BurstOptions {
  readonly sandbox: Sandbox;
  readonly cacheDir: string;
  readonly stateDir: string;
  /** Runs `credential-process` once to its end; milliseconds of the processor. */
  readonly runOnce: () => Promise<number>;
  readonly median: (numbers: readonly number[]) => number;
}

/** Fifty processes that start at the instant of expiry, against two renewals and fifty hits; and what renewals ask for. */
export async function burst({ sandbox, cacheDir, stateDir, runOnce, median }: BurstOptions): Promise<string> {
  /** The instant of expiry: cached outputs are there, and their credentials have ended. */
  const endCredentials = () => endCachedCredentials(cacheDir);
  const endBoth = async () => {
    await endCredentials();
    await endIdToken(stateDir);
  };
  const many = async () =>
    (await Promise.all(Array.from({ length: processes }, runOnce))).reduce((sum, each) => sum + each);
  const requestsOf = async (expire: () => Promise<void>, run: () => Promise<unknown>) => {
    // The documents of the provider are stored beside the credentials; a renewal finds them there.
    await runOnce();
    await expire();
    sandbox.requests.clear();
    await run();
    // Not those of the sandbox's own STS, which reads the provider's keys for itself.
    const asked = sandbox.requests.all().filter(({ from }) => from === "client");
    return asked.map(({ area }) => area).join(", ");
  };

  const renewals: Cost[] = [];
  const hits: Cost[] = [];
  const bursts: Cost[] = [];
  for (let round = 0; round < 5; round += 1) {
    await endBoth();
    renewals.push(await timed(runOnce));
    hits.push(await timed(many));
    await endBoth();
    bursts.push(await timed(many));
  }
  const compared = (what: string, of: (cost: Cost) => number) => {
    const ofRounds = (costs: readonly Cost[]) => median(costs.map(of));
    const [one, fifty, all] = [ofRounds(renewals), ofRounds(hits), ofRounds(bursts)];
    const ratio = (all / (2 * one + fifty)).toFixed(2);
    return `${what} ${all.toFixed(0)} ms, **${ratio}** of two renewals (${one.toFixed(0)} ms each) and ${processes} hits (${fifty.toFixed(0)} ms)`;
  };
  return [
    `${processes} processes at the instant of expiry: ${compared("processor", ({ processor }) => processor)}; ${compared("wall", ({ wall }) => wall)}`,
    `requests of those ${processes}: ${await requestsOf(endBoth, many)}`,
    `requests of a renewal with a valid ID token: ${await requestsOf(endCredentials, runOnce)}`,
    `requests of a renewal with a refresh token: ${await requestsOf(endBoth, runOnce)}`,
  ].join("\n");
}

interface Cost {
  readonly wall: number;
  readonly processor: number;
}

async function timed(run: () => Promise<number>): Promise<Cost> {
  const start = Bun.nanoseconds();
  const processor = await run();
  return { wall: (Bun.nanoseconds() - start) / 1e6, processor };
}

/** As if the ID token had ended. */
async function endIdToken(stateDir: string): Promise<void> {
  for (const name of (await readdir(stateDir)).filter((each) => each.endsWith(".json"))) {
    const path = join(stateDir, name);
    const { idToken: _ended, ...rest } = v.parse(v.looseObject({}), JSON.parse(await readFile(path, "utf8")));
    await writeFile(path, JSON.stringify(rest));
  }
}

const credentialsRecord = v.looseObject({
  obtainedAt: v.number(),
  credentials: v.looseObject({ expiration: v.string() }),
});

/** As if an hour had gone by: the same files (`<session>.<digest>.json`), and cached outputs (`*.output`) of credentials that ended. */
async function endCachedCredentials(cacheDir: string): Promise<void> {
  const [obtainedAt, ended] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 1)];
  for (const name of await readdir(cacheDir)) {
    const path = join(cacheDir, name);
    const text = await readFile(path, "utf8");
    if (/^[0-9a-f]{32}\.[0-9a-f]{32}\.json$/.test(name)) {
      const record = v.parse(credentialsRecord, JSON.parse(text));
      const credentials = { ...record.credentials, expiration: "2026-01-01T01:00:00Z" };
      const { atime, mtime } = await stat(path);
      await writeFile(path, JSON.stringify({ ...record, credentials, obtainedAt }));
      await utimes(path, atime, mtime);
    } else if (name.endsWith(".output")) {
      const lines = text.split("\n");
      lines.splice(5, 3, String(obtainedAt), String(ended), String(ended));
      await writeFile(path, lines.join("\n"));
    }
  }
}
