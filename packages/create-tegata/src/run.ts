import { parseArgs } from "node:util";
import { CreateError, shown } from "./create-error.ts";
import { createProject } from "./create-project.ts";
import { type Project, programNameOf, readKind, readName } from "./project.ts";
import { askFor, type Console } from "./questions.ts";

const usage = `usage: npm create tegata [-- flags]

A project with an identity provider or an output format of your own for tegata.

  --kind KIND         idp or format
  --name NAME         its id, in kebab-case: the type in tegata.toml, or the command
  --directory PATH    where it goes (default: NAME-tegata); must be empty
  --help              this text
`;

interface CreatorSystem {
  /** Where questions are asked; `undefined`: nobody is there. */
  readonly console: Console | undefined;
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** @returns the exit status: 0, or 2 for what cannot be done as asked */
export async function run(args: readonly string[], system: CreatorSystem): Promise<number> {
  try {
    const { help = false, kind, name, directory } = readFlags(args);
    if (help) {
      system.say(usage);
      return 0;
    }
    const known = {
      ...(kind === undefined ? {} : { kind: readKind(kind) }),
      ...(name === undefined ? {} : { name: readName(name) }),
    };
    const project = await complete(known, system.console);
    const folder = directory ?? programNameOf(project);
    const files = await createProject(project, folder);
    system.say(`wrote ${files.length} files to ${shown(folder)}; next:

  cd ${asWord(folder)}
  npm install
  npm test
  npm run compile
`);
    return 0;
  } catch (error) {
    if (!(error instanceof CreateError)) {
      throw error;
    }
    system.complain(`create-tegata: error: ${error.message}\ncreate-tegata: hint: ${error.hint}\n`);
    return 2;
  }
}

/** As a shell takes it. */
function asWord(path: string): string {
  const plain = shown(path);
  return /^[\w./@-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", "'\\''")}'`;
}

async function complete(known: Partial<Project>, console: Console | undefined): Promise<Project> {
  const { kind, name } = known;
  if (kind !== undefined && name !== undefined) {
    return { kind, name };
  }
  if (console === undefined) {
    const missing = [...(kind === undefined ? ["--kind"] : []), ...(name === undefined ? ["--name"] : [])].join(
      " and ",
    );
    throw new CreateError(
      `${missing} must be given where there is no terminal to ask at`,
      "npm create tegata -- --kind idp --name NAME",
    );
  }
  return askFor(known, console);
}

function readFlags(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        kind: { type: "string" },
        name: { type: "string" },
        directory: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.directory === "") {
      throw new CreateError("--directory is empty", "name a folder, or leave --directory out");
    }
    return values;
  } catch (error) {
    if (error instanceof CreateError) {
      throw error;
    }
    // The first sentence; what follows is about flags that begin with a dash.
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split(". ", 1);
    throw new CreateError(
      shown(`${reason.slice(0, 1).toLowerCase()}${reason.slice(1)}`),
      "npm create tegata -- --help",
    );
  }
}
