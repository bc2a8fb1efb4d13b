import { type Clause, hint, variable, type Words, words } from "@tegata/core";

/** A pasteable way out where a folder cannot be used: an empty one, for this shell. */
export function ownFolder(name: string): Words {
  return words`name a folder of your own: export ${variable(name)}="$(mktemp -d)"`;
}

export function ownFolderHint(name: string): Clause {
  return hint`${ownFolder(name)}`;
}
