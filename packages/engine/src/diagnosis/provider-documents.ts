import * as v from "valibot";

/** What of a discovery document is for AWS, or for a look, and not for a run. What makes no sense counts as not said. */
const said = <Item extends v.GenericSchema>(schema: Item) => v.fallback(v.optional(schema), undefined);
const texts = v.array(v.string());
const discoverySchema = v.object({
  grant_types_supported: said(texts),
  response_types_supported: said(texts),
  subject_types_supported: said(texts),
  id_token_signing_alg_values_supported: said(texts),
});

const keySchema = v.object({
  kty: said(v.string()),
  kid: said(v.string()),
  alg: said(v.string()),
  crv: said(v.string()),
  use: said(v.string()),
  key_ops: said(texts),
  n: said(v.string()),
  x: said(v.string()),
  exp: said(v.number()),
});
const keySetSchema = v.object({ keys: v.array(keySchema) });

export type DiscoveryDocument = v.InferOutput<typeof discoverySchema>;
export type DocumentKey = v.InferOutput<typeof keySchema>;

/** The members of a discovery document that a look needs. The document itself has been judged. */
export function readDiscoveryDocument(text: string | undefined): DiscoveryDocument {
  const parsed = v.safeParse(discoverySchema, parsedJson(text));
  return parsed.success ? parsed.output : {};
}

/** The keys of a key set, those that nobody can use among them. */
export function readKeySet(text: string | undefined): readonly DocumentKey[] {
  const parsed = v.safeParse(keySetSchema, parsedJson(text));
  return parsed.success ? parsed.output.keys : [];
}

function parsedJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
