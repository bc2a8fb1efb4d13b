import { hint, type IdTokenClaims, type Machine, or, setting, shownValue, TegataError } from "@tegata/core";
import { isPastable, type IssuerRule, readToken } from "./token-rules.ts";
import { tokenMissing } from "./token-source.ts";

/** A token that a job has in a variable. `claims` is undefined for text that is not a token. */
export interface CarriedToken {
  readonly name: string;
  readonly token: string;
  readonly claims: IdTokenClaims | undefined;
}

/** The tokens in these variables, in this order. A variable that is not set is left out. */
export function tokensIn(names: readonly string[], machine: Machine): readonly CarriedToken[] {
  return [...new Set(names)].flatMap((name) => {
    const token = machine.variable(name)?.trim();
    return token === undefined || token === "" ? [] : [{ name, token, claims: claimsOf(token) }];
  });
}

/** Every token of this issuer in the variables of the job, by the variables' names. Other text is passed over. */
export function tokensOfIssuer(issuer: IssuerRule, machine: Machine): readonly CarriedToken[] {
  const names = machine.variableNames().filter((name) => isTokenLike(machine.variable(name) ?? ""));
  return tokensIn(names.toSorted(), machine).filter(({ claims }) => claims !== undefined && issuer.matches(claims.iss));
}

interface TokenChoice {
  /** `GitLab CI`, for messages. */
  readonly platform: string;
  /** Tokens whose variables are meant for this by their names, in the order in which they are preferred. */
  readonly named: readonly CarriedToken[];
  /** Tokens that are sent only when their audience is the one that is wanted. */
  readonly byAudience: readonly CarriedToken[];
  /** Tokens that are for somebody else by the names of their variables: they are listed, not sent. */
  readonly foreign: readonly CarriedToken[];
  /** The audience that a person named. Undefined: one of `usual`, and where there is one token alone, its own. */
  readonly audience: string | undefined;
  /** The audiences that the platform's guides name for AWS, the best one first. */
  readonly usual: readonly string[];
  /** How the pipeline gets a token. */
  readonly addToken: string;
  /** The names that were looked for. */
  readonly lookedFor: readonly string[];
}

/**
 * Of several tokens, the one whose audience fits: a job may have tokens for others, such as a vault or another cloud.
 *
 * @throws TegataError `workload_token_missing` when no variable is meant for this; `id_token_invalid` when none of several
 *   fits. Both name the variables and their audiences, never a token
 */
export function chooseToken(choice: TokenChoice): CarriedToken {
  const { named, byAudience, audience, usual } = choice;
  for (const wanted of wantedBy(choice)) {
    const fitting = [...named, ...byAudience].find(({ claims }) => claims !== undefined && isFor(wanted, claims));
    if (fitting !== undefined) {
      return fitting;
    }
  }
  const [first, second] = named;
  if (first === undefined && (audience === undefined || byAudience.length === 0)) {
    throw missing(choice);
  }
  // Alone it is judged like any other: its own error says what is wrong with it.
  if (first !== undefined && second === undefined && (audience === undefined || byAudience.length === 0)) {
    return first;
  }
  throw noneFits(choice, usual);
}

/** True for a token that AWS takes as one for this audience: of several audiences, AWS goes by the authorized party. */
export function isFor(audience: string, { aud, azp }: IdTokenClaims): boolean {
  return aud.includes(audience) && (aud.length === 1 || azp === audience);
}

function wantedBy({ audience, usual }: TokenChoice): readonly string[] {
  return audience === undefined ? usual : [audience];
}

function missing(choice: TokenChoice): TegataError {
  const { platform, byAudience, foreign, addToken, lookedFor } = choice;
  const there = [...byAudience, ...foreign];
  // It fits, but its name says that it is for somebody else: that is for a person to decide.
  const fitting = foreign.find(({ claims }) =>
    wantedBy(choice).some((each) => claims !== undefined && isFor(each, claims)),
  );
  return tokenMissing(
    `this job of ${platform} has no ID token in ${lookedFor.join(" or ")}${there.length === 0 ? "" : `; it has ${described(there)}`}`,
    fitting === undefined
      ? addToken
      : [hint`pass ${setting("token_variable", fitting.name)} if that is the right one`, or`${addToken}`],
  );
}

function noneFits(choice: TokenChoice, usual: readonly string[]): TegataError {
  const { platform, named, byAudience, foreign, audience, addToken } = choice;
  const wanted = audience ?? usual.join('" or "');
  const own = [...named, ...byAudience].find(({ claims }) => claims?.aud.length === 1)?.claims?.aud[0] ?? "";
  const orOwn = isPastable(own) ? [or`pass ${setting("audience", own)} if IAM has that one`] : [];
  return new TegataError(
    "id_token_invalid",
    `no ID token of this job of ${platform} is for ${shownValue(wanted, 300)}: it has ${described([...named, ...byAudience, ...foreign])}`,
    { hint: [hint`${addToken}`, ...orOwn] },
  );
}

/** `VAULT_ID_TOKEN for "https://vault.example.com"`. */
function described(tokens: readonly CarriedToken[]): string {
  const shown = tokens.slice(0, 8).map(({ name, claims }) => {
    const audiences = claims?.aud.map((each) => shownValue(each)).join(", ");
    return `${name} ${audiences === undefined ? "that is not an ID token" : `for ${audiences}`}`;
  });
  return [...shown, ...(tokens.length > 8 ? [`${tokens.length - 8} more`] : [])].join(", ");
}

function isTokenLike(text: string): boolean {
  return /^\s*eyJ[\w-]{8,}\.[\w-]+\.[\w-]+\s*$/.test(text);
}

/** The claims of what may be a token, verified by nobody. Undefined: it is not one. */
export function claimsOf(token: string): IdTokenClaims | undefined {
  try {
    return readToken(token, { notAToken: "" });
  } catch {
    return undefined;
  }
}
