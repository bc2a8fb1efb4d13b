import { CreateError, shown } from "./create-error.ts";

/** What a project can add to tegata. */
export const kinds = ["idp", "format"] as const;

/** What the project adds to tegata: an identity provider or an output format. */
export type Kind = (typeof kinds)[number];

/** What a project is made for. */
export interface Project {
  readonly kind: Kind;
  /** The plugin's id, in kebab-case: the `type` in `tegata.toml`, or the command. */
  readonly name: string;
}

/** What the program, the package and the folder are called. */
export function programNameOf({ name }: Project): string {
  return `${name}-tegata`;
}

/** @throws CreateError */
export function readKind(text: string): Kind {
  const kind = kinds.find((each) => each === text);
  if (kind === undefined) {
    throw new CreateError(`the kind "${shown(text)}" is neither idp nor format`, "choose --kind idp or --kind format");
  }
  return kind;
}

/**
 * The rule of the contract suites for a plugin's id, and a length that file names and commands can take.
 *
 * @throws CreateError
 */
export function readName(text: string): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text) || text.length > 40) {
    throw new CreateError(
      `the name "${shown(text)}" cannot be a plugin's id`,
      "choose up to 40 lower-case letters, digits and single hyphens between them, a letter first: corp-sso",
    );
  }
  return text;
}
