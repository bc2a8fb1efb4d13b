import { firstUnseen, replaceUnseen } from "@tegata/core";
import { hasWildcard, matchesPattern, patternOf } from "./wildcard.ts";

/** A value of the token that does not fit, and the value of the policy that it was held against. */
export interface Mismatch {
  readonly had: string;
  readonly wanted: string;
  /** Behind the colon of a key of the provider: `sub`; else the whole key, in lower case. */
  readonly keyName: string;
  /** What `azp` and `aud` of the token hold, for `aud`. */
  readonly audiences: readonly string[];
  /** `*` and `?` of the policy stand for something. */
  readonly hasWildcards: boolean;
  /** Whether two texts fit, by the operator of the condition. */
  readonly fits: (had: string, wanted: string) => boolean;
}

/** One way in which a value and a policy can miss each other. */
export interface ValueFault {
  readonly id: string;
  /** What to tell a person; `undefined`: it is not this. */
  readonly find: (mismatch: Mismatch) => string | undefined;
}

type Change = (text: string) => string;

const lowerCase: Change = (text) => text.toLowerCase();
const withoutScheme: Change = (text) => text.replace(/^https?:\/\//i, "");
const withoutSlash: Change = (text) => text.replace(/\/+$/, "");
const withoutUnseen: Change = (text) => replaceUnseen(text, "");
const withoutQuotes: Change = (text) => text.replace(/^(["'`])(.*)\1$/s, "$2");
const trimmed: Change = (text) => text.trim();
/** GitHub's own form of a name that stays when the owner or the repository is renamed: `repo:acme@12/site@34:…`. */
const withoutIds: Change = (text) => text.replace(/^(repo:[^/:@]+)@\d+(\/[^/:@]+)@\d+/, "$1$2");
const percentDecoded: Change = (text) => text.replaceAll(/%3a/gi, ":").replaceAll(/%2f/gi, "/");

/** Fits once both texts are changed in the same way. */
function bothChanged(change: Change, say: string | ((mismatch: Mismatch) => string)): ValueFault["find"] {
  return (mismatch) =>
    mismatch.fits(change(mismatch.had), change(mismatch.wanted))
      ? typeof say === "string"
        ? say
        : say(mismatch)
      : undefined;
}

interface GitHubSubject {
  readonly repository: string;
  readonly rest: string;
}

/** `repo:acme/site:ref:refs/heads/main`, taken apart. */
function gitHubSubject(text: string): GitHubSubject | undefined {
  const [, repository, rest] = /^repo:([^:]+):(.*)$/s.exec(text) ?? [];
  return repository === undefined || rest === undefined ? undefined : { repository, rest };
}

/** Both subjects, where they are of one repository. */
function sameRepository({ had, wanted }: Mismatch): { readonly had: string; readonly wanted: string } | undefined {
  const one = gitHubSubject(withoutIds(had));
  const other = gitHubSubject(withoutIds(wanted));
  return one !== undefined && other !== undefined && matchesPattern(one.repository, patternOf(other.repository))
    ? { had: one.rest, wanted: other.rest }
    : undefined;
}

/** The nearest fault first: of several that fit, the first one is told. */
export const valueFaults: readonly ValueFault[] = [
  {
    id: "wildcard-is-literal",
    find: ({ had, wanted, hasWildcards }) =>
      !hasWildcards && hasWildcard(patternOf(wanted)) && matchesPattern(had, patternOf(wanted))
        ? "this operator takes * and ? as they are written: use StringLike"
        : undefined,
  },
  {
    id: "unseen",
    find: bothChanged(withoutUnseen, ({ had, wanted }) =>
      firstUnseen(wanted) === undefined
        ? `the token's value has a character that cannot be seen (${firstUnseen(had) ?? ""})`
        : `the policy's value has a character that cannot be seen (${firstUnseen(wanted) ?? ""})`,
    ),
  },
  { id: "blank", find: bothChanged(trimmed, "only a blank at the ends differs") },
  { id: "case", find: bothChanged(lowerCase, "only the case differs") },
  { id: "slash", find: bothChanged(withoutSlash, "only the slash at the end differs") },
  { id: "scheme", find: bothChanged(withoutScheme, "only https:// in front differs") },
  {
    id: "quotes",
    find: ({ had, wanted, fits }) =>
      fits(had, withoutQuotes(wanted)) ? "the policy's value has quotes of its own" : undefined,
  },
  {
    id: "immutable-subject",
    find: ({ had, wanted, fits }) =>
      withoutIds(had) !== had && fits(withoutIds(had), wanted)
        ? "GitHub writes the ids of owner and repository into sub (OWNER@ID/REPOSITORY@ID): write it so, or use repository_id"
        : withoutIds(wanted) !== wanted && fits(had, withoutIds(wanted))
          ? "the policy has the ids of owner and repository in it (OWNER@ID/REPOSITORY@ID), and GitHub does not write them for this repository"
          : undefined,
  },
  {
    id: "percent",
    find: bothChanged(percentDecoded, "only %3A and : differ: GitHub writes a colon within a name as %3A"),
  },
  {
    id: "authorized-party",
    find: ({ keyName, had, wanted, audiences, fits }) =>
      keyName === "aud" && audiences.some((audience) => audience !== had && fits(audience, wanted))
        ? "the token has an azp, and AWS takes that for the audience: aud is the key oaud"
        : undefined,
  },
  {
    id: "environment-has-no-ref",
    find: (mismatch) => {
      const both = sameRepository(mismatch);
      return both !== undefined && both.had.startsWith("environment:") && both.wanted.startsWith("ref:")
        ? "the job has an environment, so that its sub names that and no ref"
        : undefined;
    },
  },
  {
    id: "no-environment",
    find: (mismatch) => {
      const both = sameRepository(mismatch);
      return both !== undefined && !both.had.startsWith("environment:") && both.wanted.startsWith("environment:")
        ? "the policy wants a job with an environment, and this one has none"
        : undefined;
    },
  },
  {
    id: "pull-request",
    find: (mismatch) => {
      const both = sameRepository(mismatch);
      return both === undefined || both.had !== "pull_request"
        ? undefined
        : "the job runs for a pull request, so that its sub names no branch";
    },
  },
  {
    id: "tag",
    find: (mismatch) => {
      const both = sameRepository(mismatch);
      return both !== undefined && both.had.startsWith("ref:refs/tags/") && both.wanted.startsWith("ref:refs/heads/")
        ? "the job runs for a tag, and the policy wants a branch"
        : both !== undefined && both.had.startsWith("ref:refs/heads/") && both.wanted.startsWith("ref:refs/tags/")
          ? "the job runs for a branch, and the policy wants a tag"
          : undefined;
    },
  },
  {
    id: "short-ref",
    find: (mismatch) => {
      const both = sameRepository(mismatch);
      const short = both?.wanted.replace(/^ref:/, "").replace(/^(refs\/)?(heads\/)?/, "");
      return both !== undefined && short !== undefined && both.had === `ref:refs/heads/${short}`
        ? "the policy's value lacks a part of ref:refs/heads/"
        : undefined;
    },
  },
  {
    id: "other-ref",
    find: (mismatch) => {
      const both = sameRepository(mismatch);
      return both !== undefined && both.had.startsWith("ref:") && both.wanted.startsWith("ref:")
        ? "the repository is right, the branch or tag is another"
        : undefined;
    },
  },
  {
    id: "no-repo-prefix",
    find: ({ had, wanted, fits }) =>
      fits(had, `repo:${wanted}`) ? "the policy's value lacks repo: in front" : undefined,
  },
  {
    id: "connection-prefix",
    find: ({ had, wanted }) =>
      wanted !== "" && had.endsWith(`|${wanted}`)
        ? "the policy's value lacks the connection in front of the | in sub"
        : undefined,
  },
  {
    id: "beginning",
    find: ({ had, wanted, hasWildcards }) =>
      wanted !== "" && had.startsWith(wanted)
        ? `the policy's value is only its beginning, and the whole value has to fit${hasWildcards ? ": end it with *" : ""}`
        : undefined,
  },
  {
    id: "pattern-beginning",
    find: ({ had, wanted, hasWildcards }) =>
      hasWildcards && wanted !== "" && matchesPattern(had, patternOf(`${wanted}*`))
        ? "the pattern fits its beginning, and the whole value has to fit: end it with *"
        : undefined,
  },
  {
    id: "empty",
    find: ({ wanted }) => (wanted === "" ? "the policy's value is empty" : undefined),
  },
  {
    id: "placeholder",
    find: ({ wanted }) =>
      /\$\{|<[^>]*>|\{\{/.test(wanted) ? "the policy's value still holds a placeholder" : undefined,
  },
  {
    id: "e-mail-for-subject",
    find: ({ keyName, had, wanted }) =>
      keyName === "sub" && wanted.includes("@") && !had.includes("@")
        ? "the policy has an e-mail address, and sub is the provider's own id of the person"
        : undefined,
  },
  {
    id: "several-differences",
    find: bothChanged(
      (text) => withoutSlash(withoutScheme(withoutQuotes(trimmed(withoutUnseen(text))).toLowerCase())),
      "only case, blanks, slashes or https:// differ",
    ),
  },
  {
    id: "client",
    find: ({ keyName }) =>
      keyName === "aud" || keyName === "oaud" ? "the policy names another client id (audience)" : undefined,
  },
];

/** The nearest fault of a value and all that a policy would take; the place in the list tells how near. */
export function nearestFault(
  mismatches: readonly Mismatch[],
): { readonly id: string; readonly words: string; readonly mismatch: Mismatch } | undefined {
  for (const { id, find } of valueFaults) {
    for (const mismatch of mismatches) {
      const words = find(mismatch);
      if (words !== undefined) {
        return { id, words, mismatch };
      }
    }
  }
  return undefined;
}
