import { execFile, spawn } from "node:child_process";
import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as v from "valibot";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** A package as `npm pack` made it. */
export interface PackedPackage {
  readonly tarball: string;
  /** What is in it, without the `package/` in front. */
  readonly files: readonly string[];
  readonly manifest: Manifest;
}

/** An npm registry on loopback. */
export interface Registry {
  readonly url: string;
  /** This repository's own packages, by name. */
  readonly packed: ReadonlyMap<string, PackedPackage>;
  close(): Promise<void>;
}

const manifestSchema = v.looseObject({ name: v.string(), version: v.string(), private: v.optional(v.boolean()) });
type Manifest = v.InferOutput<typeof manifestSchema>;

const lockSchema = v.object({ packages: v.record(v.string(), v.looseObject({ link: v.optional(v.boolean()) })) });
const packListSchema = v.array(
  v.object({ name: v.string(), filename: v.string(), files: v.array(v.object({ path: v.string() })) }),
);

/**
 * Packs the packages of this repository and serves them, together with everything that is in `node_modules`: anyone who
 * installs from here gets what a person would get from the real registry, and nothing is fetched from anywhere.
 *
 * @param folder where the tarballs go
 */
export async function startRegistry(folder: string): Promise<Registry> {
  const packed = await packOwn(folder);
  const installed = await findInstalled();
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "/").slice(1));
    const [, name = path, version] = /^(.+)\/-\/(.+)\.tgz$/.exec(path) ?? [];
    const own = packed.get(name);
    const versions = own === undefined ? installed.get(name) : new Map([[own.manifest.version, own]]);
    const asked = version === undefined ? undefined : versions?.get(version);
    if (versions === undefined || (version !== undefined && asked === undefined)) {
      response.writeHead(404, { "content-type": "application/json" }).end("{}");
    } else if (asked === undefined) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(documentOf(name, versions, `http://${request.headers.host}`)));
    } else if ("tarball" in asked) {
      createReadStream(asked.tarball).pipe(response);
    } else {
      sendFolder(asked.folder, response);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`,
    packed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface InstalledPackage {
  readonly folder: string;
  readonly manifest: Manifest;
}

async function packOwn(folder: string): Promise<ReadonlyMap<string, PackedPackage>> {
  const args = ["pack", "--workspaces", "--json", "--pack-destination", folder];
  const { stdout } = await promisify(execFile)("npm", args, { cwd: root, maxBuffer: 2 ** 26 });
  const packages = v.parse(packListSchema, JSON.parse(stdout)).map(async ({ name, filename, files }) => {
    const manifest = await readManifest(join(root, "node_modules", name));
    const tarball = join(folder, filename);
    return [name, { tarball, manifest, files: files.map(({ path }) => path) }] as const;
  });
  return new Map((await Promise.all(packages)).filter(([, { manifest }]) => manifest.private !== true));
}

/** By name and version; `node_modules` can hold several of one name. */
async function findInstalled(): Promise<ReadonlyMap<string, ReadonlyMap<string, InstalledPackage>>> {
  const lock = v.parse(lockSchema, JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")));
  const found = new Map<string, Map<string, InstalledPackage>>();
  for (const [path, { link }] of Object.entries(lock.packages)) {
    const folder = join(root, path);
    if (link === true || !path.includes("node_modules/") || !existsSync(join(folder, "package.json"))) {
      continue;
    }
    // What lies there has been through its install scripts; Bun's moves a file, and would not find it again.
    const { scripts: _scripts, ...manifest } = await readManifest(folder);
    const versions = found.get(manifest.name) ?? new Map<string, InstalledPackage>();
    versions.set(manifest.version, { folder, manifest });
    found.set(manifest.name, versions);
  }
  return found;
}

async function readManifest(folder: string): Promise<Manifest> {
  return v.parse(manifestSchema, JSON.parse(await readFile(join(folder, "package.json"), "utf8")));
}

function documentOf(name: string, versions: ReadonlyMap<string, { readonly manifest: Manifest }>, origin: string) {
  const [latest] = versions.keys();
  const manifests: Record<string, unknown> = {};
  for (const [version, { manifest }] of versions) {
    manifests[version] = { ...manifest, dist: { tarball: `${origin}/${name}/-/${version}.tgz` } };
  }
  return { name, "dist-tags": { latest }, versions: manifests };
}

/** npm takes an archive as it comes, compressed or not, and drops the first part of each path. */
function sendFolder(folder: string, response: ServerResponse): void {
  const name = basename(folder);
  const tar = spawn("tar", ["-c", `--exclude=${name}/node_modules`, "-C", dirname(folder), name], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  tar.once("error", (error) => response.destroy(error));
  tar.stdout.pipe(response);
}
