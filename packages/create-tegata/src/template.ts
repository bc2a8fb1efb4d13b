import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import packageJson from "../package.json" with { type: "json" };
import type { Project } from "./project.ts";

const templates = fileURLToPath(new URL("../templates", import.meta.url));

/** What would mean something where the templates lie: npm leaves a `.gitignore` out of a package, for example. */
const nameInProject: Readonly<Record<string, string>> = {
  "gitignore.template": ".gitignore",
  "tsconfig.template.json": "tsconfig.json",
};

/** In `package.json` of the templates, a version that is yet to be filled in. */
const openVersion = /"([^"]+)": "0\.0\.0"/g;
const versions: Readonly<Record<string, string>> = packageJson.devDependencies;

interface ProjectFile {
  /** Within the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

/**
 * The files of a project. The templates are a working project called `acme`; the versions of what it depends on are those
 * that this package is tested with.
 */
export async function filesOf(project: Project): Promise<readonly ProjectFile[]> {
  const files = await Promise.all(["both", project.kind].map((folder) => filesBelow(join(templates, folder))));
  return files.flat().map(({ path, text }) => ({
    path: renamed(nameInProject[path] ?? path, project),
    text: renamed(text, project).replaceAll(openVersion, (_match, name: string) => `"${name}": "${versionOf(name)}"`),
  }));
}

async function filesBelow(folder: string): Promise<ProjectFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.map(async (path) => ({
      path: relative(folder, path).replaceAll("\\", "/"),
      text: await readFile(path, "utf8"),
    })),
  );
}

/** `acme` as it is, `idpAcme` and `Acme` in words and identifiers. */
function renamed(text: string, { name }: Project): string {
  const capitalized = name.replaceAll(/(?:^|-)([a-z0-9])/g, (_match, first: string) => first.toUpperCase());
  return text.replaceAll("acme", name).replaceAll("Acme", capitalized);
}

function versionOf(name: string): string {
  const version = versions[name];
  if (version === undefined) {
    throw new Error(`the templates use ${name}, which is no dependency of this package`);
  }
  return version;
}
