/// <reference types="node" />
/**
 * The hostile answers under another runtime than the tests':
 *
 *     bun --conditions=@tegata/source packages/core/test/face-all.ts
 *     deno run -A --conditions=@tegata/source packages/core/test/face-all.ts
 */
import process from "node:process";
import { heldClock } from "@tegata/testkit";
import { face } from "./face-hostile-response.ts";
import { hostileResponses } from "./hostile-responses.ts";

let wrong = 0;
for (const hostile of hostileResponses) {
  const before = process.memoryUsage().rss;
  const { end, message, requests, sleepers, connections } = await face(hostile, fetch, heldClock());
  const megabytes = Math.round((process.memoryUsage().rss - before) / 1_048_576);
  const good = hostile.ends.includes(end) && requests === 1 && sleepers === 0 && connections === 0 && megabytes < 100;
  wrong += good ? 0 : 1;
  process.stdout.write(
    `${good ? "ok   " : "WRONG"} ${hostile.name}: ${end} ${message} (requests ${requests}, timers ${sleepers}, connections ${connections}, +${megabytes} MB)\n`,
  );
}
process.stdout.write(`${hostileResponses.length} answers, ${wrong} wrong\n`);
process.exitCode = wrong === 0 ? 0 : 1;
