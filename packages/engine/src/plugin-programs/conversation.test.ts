import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TegataError } from "@tegata/core";
import { expectGoodWords, expectNoSecret, failure } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { converse, type Conversation } from "./conversation.ts";
import type { PluginProgram } from "./program-process.ts";
import { limits } from "./protocol.ts";

const secret = "bXkvc2VjcmV0K2tleS93aXRoL3NsYXNoZXMrYW5kK3B";
const done = '{"event":"done"}';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tegata-conversation-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let count = 0;
/** A program in POSIX shell that has read its request into `$request`. */
async function programThat(body: string): Promise<PluginProgram> {
  count += 1;
  const path = join(folder, `tegata-format-p${count}`);
  await writeFile(path, `#!/bin/sh\nread -r request\n${body}\n`);
  await chmod(path, 0o755);
  return { name: `tegata-format-p${count}`, id: `p${count}`, path, realPath: path };
}

interface Heard {
  readonly events: unknown[];
  readonly lines: string[];
}

async function talk(
  body: string,
  changes: Partial<Conversation> = {},
  signal = new AbortController().signal,
  heard: Heard = { events: [], lines: [] },
): Promise<Heard> {
  const program = await programThat(body);
  await converse(
    program,
    {
      request: { request: "try", key: secret },
      timeoutMilliseconds: 10_000,
      maxBytes: 10_000,
      secrets: [secret],
      errorCodes: ["idp_rejected"],
      onEvent: (event) => {
        heard.events.push(event);
        return JSON.stringify(event) === done ? "last" : "more";
      },
      ...changes,
    },
    {
      platform: process.platform,
      env: { PATH: process.env["PATH"] ?? "" },
      signal,
      log: (line) => heard.lines.push(line),
    },
  );
  return heard;
}

/** One that has ended and that nobody has asked about yet does not count. */
const isAlive = (pid: number) =>
  /^[^Z]/.test(
    spawnSync("ps", ["-o", "stat=", "-p", String(pid)])
      .stdout.toString()
      .trim(),
  );

describe("a plugin program that follows the protocol", () => {
  it("gets its request as one line of ASCII that begins with version and kind", async () => {
    const request = { request: "try", name: 'é"\u2028\u{1f600}\n' };
    const { lines } = await talk(`printf '%s\\n' "$request" >&2; echo '${done}'`, { request });
    expect(lines).toEqual([
      expect.stringMatching(/: \{"protocol":1,"request":"try","name":"\\u00e9\\"\\u2028\\ud83d\\ude00\\n"\}$/),
    ]);
  });

  it("has every event heard: one in pieces, several at once, one without a line break at the end", async () => {
    const body = `printf '{"event":'; printf '"a"}\\n{"event":"b","text":"\\303'; printf '\\251"}\\n${done}'`;
    expect((await talk(body)).events).toEqual([{ event: "a" }, { event: "b", text: "é" }, { event: "done" }]);
  });

  it("runs in the root folder without a terminal and without arguments, and its stdin ends", async () => {
    const body = `cat >/dev/null; (: </dev/tty) 2>/dev/null && echo terminal >&2
echo "$# $(pwd) $(ps -o pgid= -p $$ | tr -d ' ') $$" >&2; echo '${done}'`;
    const [line = ""] = (await talk(body)).lines;
    expect(line).toMatch(/: 0 \/ (\d+) \1$/);
  });

  it("learns from its closed stdin that nobody waits any more", async () => {
    const heard: Heard = { events: [], lines: [] };
    const controller = new AbortController();
    const body = `trap '' TERM; echo '{"event":"ready"}'; cat >/dev/null; echo "told" >&2`;
    const onEvent: Conversation["onEvent"] = () => {
      controller.abort(new TegataError("interrupted", "interrupted"));
      return "more";
    };
    await failure(talk(body, { staysOpen: true, onEvent }, controller.signal, heard), "interrupted");
    expect(heard.lines).toEqual([expect.stringMatching(/: told$/)]);
  });
});

const refusal = (code: string) =>
  `{"event":"error","code":"${code}","message":"no\\u001b[31m ${secret} for you.","hint":"ask\\nsomebody"}`;

describe("a plugin program that refuses", () => {
  it("is quoted by name, in clean words and without the secret, under a code that the protocol has", async () => {
    for (const [given, code] of [
      ["idp_rejected", "idp_rejected"],
      ["internal", "process_failed"],
      ["", "process_failed"],
    ] as const) {
      const error = await failure(talk(`printf '%s\\n' '${refusal(given)}'; exit 1`), code);
      expect(error.message).toMatch(/^tegata-format-p\d+: no \[31m …\S* for you$/);
      expect(error.hint).toBe("ask somebody");
      expectNoSecret(error.message, [secret]);
    }
  });
});

describe("a plugin program that misbehaves", () => {
  const cases: readonly [string, string, "process_failed" | "plugin_invalid", RegExp, Partial<Conversation>?][] = [
    ["hangs", "sleep 60", "process_failed", /did not answer within 0\.3 s$/, { timeoutMilliseconds: 300 }],
    [
      "hangs behind its answer, and does not end when asked to",
      `echo '${done}'; trap '' TERM; while :; do sleep 1; done`,
      "process_failed",
      /gave its response, but did not end within 2 s$/,
    ],
    ["floods stdout", `exec yes '{"event":"a"}'`, "process_failed", /wrote more than 10000 bytes to stdout$/],
    [
      "floods stdout without a line break",
      "tr '\\0' x </dev/zero",
      "process_failed",
      /more than 10000 bytes to stdout$/,
    ],
    [
      "floods stderr",
      "exec yes >&2",
      "process_failed",
      new RegExp(`wrote more than ${limits.stderrBytes} bytes to stderr$`),
    ],
    ["prints garbage", "echo hello", "plugin_invalid", /answers what is not JSON$/],
    ["prints bytes that are no text", "printf '\\377\\376\\n'", "plugin_invalid", /answers what is not UTF-8$/],
    ["prints a JSON that is no object", "echo '[1]'", "plugin_invalid", /answers JSON that is not an event$/],
    ["dies half way", `printf '{"event":'; kill -9 $$`, "plugin_invalid", /answers what is not JSON$/],
    ["dies", "kill -9 $$", "process_failed", /ended with SIGKILL$/],
    ["says nothing", "exit 0", "plugin_invalid", /ended without a response$/],
    ["fails", "echo oh >&2; exit 7", "process_failed", /ended with 7; it said: oh$/],
    ["fails after it has answered", `echo '${done}'; exit 3`, "process_failed", /ended with 3$/],
    [
      "says more after its response",
      `echo '${done}'; echo '${done}'`,
      "plugin_invalid",
      /says more after its response$/,
    ],
    [
      "says something that makes no sense in its log",
      `echo '{"event":"log","message":7}'`,
      "plugin_invalid",
      /the event log of \S+ makes no sense: message makes no sense$/,
    ],
    [
      "leaves something behind that holds its output open",
      `echo '${done}'; sleep 60 & exit 0`,
      "process_failed",
      /ended, but something that it started keeps its output open$/,
    ],
  ];
  it.concurrent.each(cases)(
    "%s: nothing of it keeps running, and the error names it",
    async (_name, body, code, message, changes) => {
      const pids = join(folder, crypto.randomUUID());
      const start = performance.now();
      const error = await failure(talk(`echo $$ >${pids}\n${body}`, changes), code);
      expect(error.message).toMatch(message);
      expect(error.message).toMatch(/tegata-format-p\d+/);
      expect(error.details["program"]).toMatch(/^tegata-format-p\d+$/);
      expectGoodWords(error);
      expect(performance.now() - start).toBeLessThan(6000);
      expect(isAlive(Number(await readFile(pids, "utf8")))).toBe(false);
    },
  );

  it("has what it started ended with it", async () => {
    const pid = join(folder, "child");
    const body = `sleep 60 >/dev/null 2>&1 & echo $! >${pid}; wait`;
    await failure(talk(body, { timeoutMilliseconds: 300 }), "process_failed");
    expect(isAlive(Number(await readFile(pid, "utf8")))).toBe(false);
  });

  it("has secrets, parts of secrets, tokens and escape sequences taken out of its stderr", async () => {
    const heard: Heard = { events: [], lines: [] };
    const body = `printf '\\033[31mkey %s\\n%.20s\\ntoken eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln\\n' ${secret} ${secret} >&2; exit 1`;
    const error = await failure(talk(body, {}, undefined, heard), "process_failed");
    const shown = [...heard.lines, error.message].join("\n");
    expect(shown).toMatch(/\[31mkey …/);
    expect(shown).not.toMatch(/\p{Cc}(?<!\n)|eyJ/u);
    expectNoSecret(shown, [secret, secret.slice(0, 12), secret.slice(5, 20)]);
  });

  it("is an error with the system's reason when it cannot be started", async () => {
    const path = join(folder, "tegata-format-none");
    const program = { name: "tegata-format-none", id: "none", path, realPath: path };
    const conversation = { timeoutMilliseconds: 1000, maxBytes: 1, secrets: [], errorCodes: [] };
    const ports = { platform: process.platform, env: {}, signal: new AbortController().signal, log: () => undefined };
    const attempt = converse(program, { ...conversation, request: { request: "try" }, onEvent: () => "last" }, ports);
    expect((await failure(attempt, "process_failed")).message).toBe(
      "tegata-format-none cannot be started: no such file or folder (ENOENT)",
    );
  });
});
