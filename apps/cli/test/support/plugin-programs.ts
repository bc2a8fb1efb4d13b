import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ended } from "./run.ts";
import type { World } from "./world.ts";

/** A folder at the beginning of `PATH`, for plugins that are programs. */
export interface ProgramFolder {
  readonly folder: string;
  /** For runs that shall find them. */
  readonly env: { readonly PATH: string };
  /** Writes a program, and gives its path. */
  put(name: string, content: string): Promise<string>;
  /** Writes a program that is trusted from then on. */
  putTrusted(name: string, content: string): Promise<string>;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
}

export async function createProgramFolder(world: World): Promise<ProgramFolder> {
  const folder = join(world.folder, "programs");
  await mkdir(folder, { recursive: true });
  const env = { PATH: `${folder}:${world.env["PATH"]}` };
  const put: ProgramFolder["put"] = async (name, content) => {
    const path = join(folder, name);
    await writeFile(path, content);
    await chmod(path, 0o755);
    return path;
  };
  const runHere: ProgramFolder["run"] = (args, more = {}) => world.run(args, { env: { ...env, ...more } });
  return {
    folder,
    env,
    put,
    putTrusted: async (name, content) => {
      const path = await put(name, content);
      const { status, stderr } = await runHere(["plugins", "trust", name]);
      if (status !== 0) {
        throw new Error(`${name} cannot be trusted: ${stderr}`);
      }
      return path;
    },
    run: runHere,
  };
}

/** A format in POSIX shell: what it says of itself, and the statements by which it answers `$request`. */
export function shellFormat(id: string, render: string, description: object = {}): string {
  return shellProgram({ kind: "format", id, summary: `the format ${id}`, ...description }, render);
}

/** An identity provider in POSIX shell. */
export function shellIdp(id: string, acquire: string, description: object = {}): string {
  const settings = {
    properties: {
      issuer: { type: "string", format: "uri", description: "the issuer" },
      client_id: { type: "string", description: "the client id" },
    },
    required: ["issuer", "client_id"],
  };
  const defaults = { summary: `the provider ${id}`, settings, issuer: "{issuer}", audience: "{client_id}" };
  return shellProgram({ kind: "idp", id, ...defaults, ...description }, acquire);
}

function shellProgram(description: object, answer: string): string {
  const described = JSON.stringify({ event: "description", protocols: [1], ...description });
  return `#!/bin/sh
read -r request
case $request in
  *'"request":"describe"'*) printf '%s\\n' ${shellWord(described)} ;;
  *) ${answer} ;;
esac
`;
}

export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A statement that writes an event. */
export function say(event: object): string {
  return `printf '%s\\n' ${shellWord(JSON.stringify(event))}`;
}

export async function sha256(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
