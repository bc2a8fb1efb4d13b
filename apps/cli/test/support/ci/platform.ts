import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TokenServerResponse, TokenServer } from "@tegata/sandbox";
import * as v from "valibot";
import type { CiPage } from "./page.ts";

export type Env = Readonly<Record<string, string>>;

/** One step: a script for bash, or words for no shell, with variables of its own. */
export interface CiStep {
  readonly command: readonly [string, ...string[]];
  readonly env?: Env;
}

/** The steps of a job come one after the other, in one folder. */
export interface CiJob {
  readonly name: string;
  readonly env: Env;
  readonly steps: readonly CiStep[];
}

/** What a job happens in. */
export interface CiRun {
  readonly tokenServer: TokenServer;
  /** A token of the page's own job. */
  readonly token: string;
  /** For files that the platform makes. */
  readonly folder: string;
}

/** A platform, as far as its page needs it. */
export interface CiPlatform {
  /** The page below docs/ci. */
  readonly page: string;
  /** As the page has it. */
  readonly issuer: string;
  /** Where the token is asked for: the path of the issuer at the platform. */
  readonly issuerPath?: string;
  /** Of the token that the page's job has. */
  readonly claims: Readonly<Record<string, string>> & { readonly aud: string; readonly sub: string };
  /** Subjects that the page's trust policy must keep out. */
  readonly others: readonly string[];
  /** Further words of the page, and what stands in for them. */
  readonly replacements?: (where: CiRun) => readonly (readonly [string, string])[];
  /** What the platform sets in every step. */
  readonly env: (where: CiRun) => Env;
  readonly answer?: (where: CiRun) => TokenServerResponse;
  readonly jobs: (page: CiPage) => readonly CiJob[];
  /** What the later steps of the job have because of this one. */
  readonly after?: (where: CiRun, stdout: string) => Promise<Env>;
}

export const strings = v.record(v.string(), v.string());

/** As runners start it. Without its start-up file, which some systems have bash read when it finds a socket as stdin. */
export function bash(script: string): CiStep["command"] {
  return ["bash", "--norc", "-eo", "pipefail", "-c", script];
}

export function job(name: string, steps: readonly CiStep[], env: Env = {}): CiJob {
  return { name, env, steps };
}

/** The shell scripts of the page that run tegata: others are for a person to look something up. */
export function scriptJobs(page: CiPage): readonly CiJob[] {
  const scripts = page.blocks("sh").filter((script) => script.includes("tegata"));
  return scripts.map((script, index) => job(`script ${index + 1}`, [{ command: bash(script) }]));
}

export function json(body: unknown): TokenServerResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Variables of ours, where the platform has one issuer for everybody and none of its own can name another. */
export function issuedBy({ tokenServer }: CiRun): Env {
  return { TEGATA_IDP: "workload", TEGATA_ISSUER: tokenServer.issuer };
}

/** The pages all say `role/Deploy`; here each has one of its own. */
export function roleOf(page: string): string {
  return `arn:aws:iam::123456789012:role/Deploy-${page}`;
}

/** The files that a runner makes before each step, and where the token lies. */
export async function makeFiles({ folder, token }: CiRun): Promise<void> {
  const files: Env = { token: `${token}\n`, env: "", output: "", state: "", calls: "" };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
}
