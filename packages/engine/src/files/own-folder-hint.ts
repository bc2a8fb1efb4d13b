/** A pasteable way out where a folder cannot be used: an empty one, for this shell. */
export function ownFolderHint(variable: string): string {
  return `name a folder of your own: export ${variable}="$(mktemp -d)"`;
}
