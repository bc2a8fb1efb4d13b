import { describe, expect, it } from "vitest";
import { judgeTokenForSts, type TokenClaims, type TokenHeader } from "../src/index.ts";
import { context, job, role } from "./worlds.ts";

const now = Date.parse("2026-11-29T12:00:00Z") / 1000;
const header: TokenHeader = { alg: "RS256", kid: "k1" };

function without(name: string): TokenClaims {
  return Object.fromEntries(Object.entries(job).filter(([claim]) => claim !== name));
}

function refusalsOf(claims: TokenClaims, given: TokenHeader = header): readonly string[] {
  return judgeTokenForSts({ claims, header: given, context }).map(({ id, claim, state }) => `${state} ${id} ${claim}`);
}

const roles = "https://aws.amazon.com/roles";
const tags = "https://aws.amazon.com/tags";
const sourceIdentity = "https://aws.amazon.com/source_identity";

/** What STS says: the name of a row ends the sentence "a token …". */
const rows: Readonly<Record<string, readonly [TokenClaims, readonly string[]]>> = {
  "of a job passes": [job, []],
  "without iss is refused": [without("iss"), ["failed claim-missing iss"]],
  "without sub is refused": [without("sub"), ["failed claim-missing sub"]],
  "without aud is refused": [without("aud"), ["failed claim-missing aud"]],
  "without iat is refused": [without("iat"), ["failed claim-missing iat"]],
  "without exp is refused": [without("exp"), ["failed claim-missing exp"]],
  "whose sub is null is refused": [{ ...job, sub: null }, ["failed claim-kind sub"]],
  "whose sub is empty passes": [{ ...job, sub: "" }, []],
  "whose sub is a number passes": [{ ...job, sub: 42 }, []],
  "whose sub is a list is refused": [{ ...job, sub: ["a"] }, ["failed claim-kind sub"]],
  "whose iss is a number is refused": [{ ...job, iss: 1 }, ["failed claim-kind iss"]],
  "whose iss begins with http:// is refused": [{ ...job, iss: "http://idp.acme.com" }, ["failed issuer iss"]],
  "whose iss has a port is refused": [{ ...job, iss: "https://idp.acme.com:8443/" }, ["failed issuer iss"]],
  "whose iss has a query is refused": [{ ...job, iss: "https://idp.acme.com?x" }, ["failed issuer iss"]],
  "whose iss is too long for IAM is refused": [
    { ...job, iss: `https://idp.acme.com/${"a".repeat(255)}` },
    ["failed issuer iss"],
  ],
  "with one audience in a list passes": [{ ...job, aud: ["a"] }, []],
  "with several audiences and no azp is refused": [{ ...job, aud: ["a", "b"] }, ["failed audience aud"]],
  "with several audiences and an azp passes": [{ ...job, aud: ["a", "b"], azp: "c" }, []],
  "with an empty azp is refused": [{ ...job, azp: "" }, ["failed audience azp"]],
  "whose azp is a list is refused": [{ ...job, azp: ["a"] }, ["failed claim-kind azp"]],
  "with no audience in its list is refused": [{ ...job, aud: [] }, ["failed audience aud"]],
  "with an empty audience is refused": [{ ...job, aud: "" }, ["failed audience aud"]],
  "whose audience is a table is refused": [{ ...job, aud: {} }, ["failed claim-kind aud"]],
  "whose times are whole numbers in text passes": [{ ...job, exp: String(now + 60), iat: String(now) }, []],
  "whose exp has a fraction is refused": [{ ...job, exp: now + 0.5 }, ["failed timestamp exp"]],
  "whose iat is null is refused": [{ ...job, iat: null }, ["failed timestamp iat"]],
  "whose nbf is a word is refused": [{ ...job, nbf: "now" }, ["failed timestamp nbf"]],
  "that expired two minutes ago gets a warning": [{ ...job, exp: now - 120 }, ["warning expired exp"]],
  "that expired an hour ago gets a warning": [{ ...job, exp: now - 3600 }, ["warning expired exp"]],
  "issued four minutes ahead passes": [{ ...job, iat: now + 240 }, []],
  "issued six minutes ahead is refused": [{ ...job, iat: now + 360 }, ["failed future iat"]],
  "good from six minutes ahead is refused": [{ ...job, nbf: now + 360 }, ["failed future nbf"]],
  "whose roles list this one passes": [{ ...job, [roles]: [role] }, []],
  "whose roles list this one in a text passes": [{ ...job, [roles]: `arn:aws:iam::1:role/x; ${role} ` }, []],
  "whose roles list another is refused": [
    { ...job, [roles]: "arn:aws:iam::1:role/x" },
    [`failed roles-claim ${roles}`],
  ],
  "whose roles differ by case is refused": [{ ...job, [roles]: role.toUpperCase() }, [`failed roles-claim ${roles}`]],
  "whose roles are a pattern is refused": [
    { ...job, [roles]: "arn:aws:iam::*:role/*" },
    [`failed roles-claim ${roles}`],
  ],
  "whose roles are null passes": [{ ...job, [roles]: null }, []],
  "whose roles are empty is refused": [{ ...job, [roles]: " ; " }, [`failed roles-claim ${roles}`]],
  "whose roles are a table is refused": [{ ...job, [roles]: {} }, [`failed roles-claim ${roles}`]],
  "with session tags passes": [{ ...job, [tags]: { principal_tags: { Team: ["core"] } } }, []],
  "whose session tags have two values is refused": [
    { ...job, [tags]: { principal_tags: { Team: ["a", "b"] } } },
    [`failed tags-claim ${tags}`],
  ],
  "whose session tags are a text is refused": [{ ...job, [tags]: "Team" }, [`failed tags-claim ${tags}`]],
  "whose flat session tag is a table is refused": [
    { ...job, [`${tags}/principal_tags/Team`]: {} },
    [`failed tags-claim ${tags}`],
  ],
  "whose flat transitive keys are a text is refused": [
    { ...job, [`${tags}/transitive_tag_keys`]: "Team" },
    [`failed tags-claim ${tags}`],
  ],
  "with a source identity passes": [{ ...job, [sourceIdentity]: "ann@example.com" }, []],
  "whose source identity has a blank is refused": [
    { ...job, [sourceIdentity]: "ann b" },
    [`failed source-identity-claim ${sourceIdentity}`],
  ],
};

describe("a token, as STS sees it,", () => {
  it.each(Object.entries(rows))("%s", (_name, [claims, refusals]) => {
    expect(refusalsOf(claims)).toEqual(refusals);
  });

  it.each(["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])("may be signed by %s", (alg) => {
    expect(refusalsOf(job, { alg, kid: "k" })).toEqual([]);
  });

  it.each(["HS256", "PS256", "EdDSA", "none", undefined, 5])("may not be signed by %s", (alg) => {
    expect(refusalsOf(job, { alg, kid: "k" })).toEqual(["failed algorithm alg"]);
  });

  it("may have no crit in its header", () => {
    expect(refusalsOf(job, { ...header, crit: ["b64"] })).toEqual(["failed critical crit"]);
  });

  it("gets a warning where its header names no key", () => {
    expect(refusalsOf(job, { alg: "RS256" })).toEqual(["warning key-id kid"]);
  });

  it("is not judged by times that nobody knows", () => {
    expect(judgeTokenForSts({ claims: { ...job, exp: 1 }, header, context: {} })).toEqual([]);
  });

  it("is shown without what could move a cursor", () => {
    const [refusal] = judgeTokenForSts({ claims: { ...job, iss: "http://\u001B[2J\u202E" }, header, context });
    expect(refusal?.message).toContain(String.raw`\u001b[2J\u202e`);
  });
});
