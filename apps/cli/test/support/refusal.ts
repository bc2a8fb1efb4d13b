import { expectNoSecret } from "@tegata/testkit";
import * as v from "valibot";
import { expect } from "vitest";
import type { Ended } from "./run.ts";
import { createWorld, type World, type WorldRunOptions } from "./world.ts";

/** How a run has to end that was refused. */
export interface Refusal {
  readonly status: number;
  /** Part of what stands behind `tegata: error: `; names the value or the field. */
  readonly error: string | RegExp;
  /** Part of what stands behind `tegata: hint: `. */
  readonly hint: string | RegExp;
  /** For runs with `--error-format json`. */
  readonly code?: string;
}

const errorObject = v.strictObject({
  code: v.string(),
  message: v.string(),
  hint: v.optional(v.string()),
  details: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
});

/** Text that holds the one, or matches the other. */
export function like(part: string | RegExp): unknown {
  return typeof part === "string" ? expect.stringContaining(part) : expect.stringMatching(part);
}

/** What a refused run prints: nothing, or for a shell that evaluates it a statement that fails. */
const refusedStdout = /^(?:false\n)?$/;

/** Fails unless stdout gives nothing away, stderr ends with one error and one hint, and neither holds what must not be shown. */
export function expectRefusal(ended: Ended, refusal: Refusal, world: World): void {
  const said = refusal.code === undefined ? textOf(ended) : jsonOf(ended);
  expect({ ...said, status: ended.status, stdout: ended.stdout }).toEqual({
    status: refusal.status,
    stdout: like(refusedStdout),
    ...(refusal.code === undefined ? {} : { code: refusal.code }),
    error: like(refusal.error),
    hint: like(refusal.hint),
  });
  expectClean(ended.stderr, world);
}

/** Fails on a secret of the sandbox and on every character that a terminal would obey or hide. */
export function expectClean(text: string, world: World): void {
  expectNoSecret(
    text,
    world.sandbox.secrets().map(({ value }) => value),
  );
  expect(text.replaceAll("\n", ""), "a control or format character").not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/u);
}

/**
 * Fails unless what is stored on disk is the same after the run as before it. The provider's documents are left out: they may
 * be read again at any time.
 */
export async function keepingFiles<Value>(world: World, run: () => Promise<Value>): Promise<Value> {
  const files = async () => (await world.storedFiles()).filter(({ path }) => !path.endsWith(".document"));
  const before = await files();
  const value = await run();
  expect(await files(), "what is stored on disk").toEqual(before);
  return value;
}

/** `tegata login` as a person sees it, who then does something in the pages. */
export async function loginAtTerminal(
  world: World,
  args: readonly string[],
  act: (uri: string) => Promise<void> = (uri) => world.sandbox.approve(uri),
  options?: WorldRunOptions,
): Promise<Ended> {
  const running = world.start(["login", ...args], options);
  const [, uri = ""] = await running.stderrMatching(/open (\S+)\n/);
  await act(uri);
  return running.ended;
}

/** A world for one test alone: tests that wait for the protocol's interval can then wait side by side. */
export async function inWorldOfItsOwn(use: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld();
  try {
    await use(world);
  } finally {
    await world.close();
  }
}

/** A world in which somebody is signed in, with credentials for the profile in the cache. */
export async function createWorldSignedIn(profile: string): Promise<World> {
  const world = await createWorld();
  const { status, stderr } = await world.login(profile);
  if (status !== 0) {
    throw new Error(`tegata login ${profile} ended with ${status}:\n${stderr}`);
  }
  return world;
}

function textOf({ stderr }: Ended): { readonly error: string; readonly hint: string } {
  const [, error = `no error and hint at the end of: ${stderr}`, hint = ""] =
    /^(?:tegata: (?!error: |hint: ).*\n)*tegata: error: ((?:.|\n {2})+)\ntegata: hint: (.+)\n$/.exec(stderr) ?? [];
  for (const words of [error, hint]) {
    expect(words, "ends with a full stop").not.toMatch(/\.$/);
    expect(words, "starts with a capital that is no name").not.toMatch(/^(The|A|An|No|It|Check|Run|Sign|Try|Please)\b/);
  }
  return { error, hint };
}

function jsonOf({ stderr }: Ended): { readonly code: string; readonly error: string; readonly hint: string } {
  // What is said on the way (the page to open) is said as text; the error is the one line that is JSON.
  const lines = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("tegata: "));
  expect(lines, "lines of stderr that are JSON").toHaveLength(1);
  const { code, message, hint = "" } = v.parse(errorObject, JSON.parse(lines.join("")));
  return { code, error: message, hint };
}
