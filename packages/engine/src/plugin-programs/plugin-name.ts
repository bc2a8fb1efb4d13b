/** What plugins that are programs are called. Imports nothing: it is asked on every run that names something unknown. */

/** `idp`: an identity provider. `format`: an output format. */
export type PluginKind = "idp" | "format";

const namePattern = /^tegata-(idp|format)-(.+)$/;
const idPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const maxIdCharacters = 40;

/** What may stand for NAME in `tegata-idp-NAME`. Anything else, a slash above all, is the name of no program. */
export function isPluginId(text: string): boolean {
  return text.length <= maxIdCharacters && idPattern.test(text);
}

/** The name of a plugin's program: `tegata-idp-acme`. */
export function programNameOf(kind: PluginKind, id: string): string {
  return `tegata-${kind}-${id}`;
}

/** Kind and id of a program's name; undefined for what is no plugin. */
export function parseProgramName(name: string): { readonly kind: PluginKind; readonly id: string } | undefined {
  const [, kind, id = ""] = namePattern.exec(name) ?? [];
  return (kind === "idp" || kind === "format") && isPluginId(id) ? { kind, id } : undefined;
}
