import * as v from "valibot";
import { TegataError } from "../base/errors.ts";
import { printable } from "../base/foreign-text.ts";
import { unreachable } from "../base/http.ts";
import type { Ports } from "../base/ports.ts";
import { parseJson } from "../oidc/token-response.ts";
import { type RoleArn, roleArnSchema } from "./role-arn.ts";

/** A role of a company's list. */
export interface ListedRole {
  readonly role: RoleArn;
  /** What the company calls it, as it stands there. */
  readonly name: string | undefined;
}

/** What came of a company's list. */
export interface RolesDocument {
  /** Those that are meant for the person, in the order of the list. */
  readonly roles: readonly ListedRole[];
  /** Entries that are no roles, for a message; the first of them. */
  readonly invalid: { readonly count: number; readonly first: string } | undefined;
}

const valueSchema = v.union([v.string(), v.number(), v.boolean()]);
const entrySchema = v.object(
  {
    roleArn: roleArnSchema,
    name: v.optional(v.pipe(v.string(), v.maxLength(200))),
    claims: v.optional(v.record(v.string(), v.array(valueSchema))),
  },
  ({ path }) => (path === undefined ? "must be an object" : "is missing"),
);
const documentSchema = v.object({ version: v.literal(1), roles: v.array(v.unknown()) });

/**
 * A company's list of roles: `{"version": 1, "roles": [{"roleArn": …, "name": …, "claims": {"groups": ["platform"]}}]}`. An entry with
 * `claims` is for those whose ID token has one of the values in each claim that is named. That is for a short list, and protects
 * nothing: a role's trust policy says who may take it.
 *
 * The request carries nothing of the person: no ID token, which is good for credentials at AWS, and no other one (decision 0040).
 *
 * @param ports whose `fetch` ends by itself, and limits the size
 * @throws TegataError `idp_unreachable`, `idp_unavailable`; `idp_invalid_response` for what is no such list
 */
export async function readRolesDocument(
  url: string,
  claims: Readonly<Record<string, unknown>>,
  ports: Pick<Ports, "fetch" | "signal">,
): Promise<RolesDocument> {
  const response = await ports
    .fetch(url, { headers: { accept: "application/json" }, signal: ports.signal })
    .catch((error: unknown) => {
      throw unreachable("idp_unreachable", "the list of roles", url, error, false);
    });
  const { host } = new URL(url);
  if (response.status !== 200) {
    const isForNow = response.status === 429 || response.status >= 500;
    throw new TegataError(
      isForNow ? "idp_unavailable" : "idp_invalid_response",
      `the list of roles at ${printable(host)} answers HTTP ${response.status}`,
      {
        hint: isForNow ? "try again in a moment" : "check the address",
        details: { host, httpStatus: response.status },
      },
    );
  }
  const document = v.safeParse(documentSchema, parseJson(await response.text()));
  if (!document.success) {
    throw new TegataError(
      "idp_invalid_response",
      `${printable(host)} answers with something that is no list of roles: {"version": 1, "roles": [ … ]} is one`,
      { hint: "check the address, or tell the one who writes the list", details: { host } },
    );
  }
  const roles: ListedRole[] = [];
  const invalid: string[] = [];
  for (const [index, entry] of document.output.roles.entries()) {
    const judged = v.safeParse(entrySchema, entry, { abortEarly: true });
    if (!judged.success) {
      const [issue] = judged.issues;
      invalid.push(`entry ${index + 1}: ${v.getDotPath(issue) ?? "it"} ${printable(issue.message, 200)}`);
    } else if (fitsPerson(judged.output.claims, claims)) {
      roles.push({ role: judged.output.roleArn, name: judged.output.name });
    }
  }
  const [first] = invalid;
  return { roles, invalid: first === undefined ? undefined : { count: invalid.length, first } };
}

/** True where each claim that is named has one of the values. */
function fitsPerson(
  wanted: Readonly<Record<string, readonly unknown[]>> = {},
  claims: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(wanted).every(([name, values]) =>
    [claimNamed(claims, name)].flat().some((had) => values.includes(had)),
  );
}

/**
 * A claim by its name; else, where there is none of that name, a member of one, as Keycloak has them: `realm_access.roles`.
 */
export function claimNamed(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) {
    return claims[name];
  }
  let found: unknown = claims;
  for (const step of name.split(".")) {
    const table = v.safeParse(v.record(v.string(), v.unknown()), found);
    if (!table.success || !Object.hasOwn(table.output, step)) {
      return undefined;
    }
    found = table.output[step];
  }
  return found;
}
