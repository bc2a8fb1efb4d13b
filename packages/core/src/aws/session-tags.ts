import * as v from "valibot";
import { shownValue } from "../base/shown-value.ts";

/** Session tags by key. */
export type SessionTags = Readonly<Record<string, string>>;

const maxTags = 50;
const maxKeyCharacters = 128;
const maxValueCharacters = 256;
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html */
const keySchema = v.pipe(
  v.string("must be text"),
  v.check(
    (key) => problemOfKey(key) === undefined,
    ({ input }) => problemOfKey(input) ?? "",
  ),
);

/**
 * Session tags, by AWS's rules: at most 50, keys of 1 to 128 characters that differ by more than their case, values of at most
 * 256, of letters, digits, blanks and `_.:/=+-@`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export const sessionTagsSchema = v.pipe(
  v.record(
    keySchema,
    v.string("must be text"),
    'must be a table of texts, like { Team = "platform" }, with each key once',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? problemOfTags(dataset.value) : undefined;
    if (problem !== undefined) {
      addIssue({ message: problem });
    }
  }),
);

/** Keys of the session tags that go on through the steps behind. */
export const tagKeysSchema = v.pipe(
  v.array(keySchema, "must be a list of keys"),
  v.maxLength(maxTags, `must be at most ${maxTags} keys`),
);

function problemOfKey(key: string): string | undefined {
  if (key.length === 0 || key.length > maxKeyCharacters) {
    return `the key ${shownValue(key)} must have 1 to ${maxKeyCharacters} characters`;
  }
  if (/^aws:/i.test(key)) {
    return `the key ${shownValue(key)} must not begin with aws:`;
  }
  return allowed.test(key) ? undefined : `the key ${shownValue(key)} must be of letters, digits, blanks and _.:/=+-@`;
}

function problemOfTags(tags: SessionTags): string | undefined {
  const keys = Object.keys(tags);
  if (keys.length > maxTags) {
    return `must be at most ${maxTags} tags, and is ${keys.length}`;
  }
  const seen = new Map<string, string>();
  for (const [key, value] of Object.entries(tags)) {
    const twin = seen.get(key.toLowerCase());
    if (twin !== undefined) {
      return `the keys ${shownValue(twin)} and ${shownValue(key)} are one for AWS: they differ by case alone`;
    }
    seen.set(key.toLowerCase(), key);
    if (value.length > maxValueCharacters) {
      return `the value of ${shownValue(key)} must have at most ${maxValueCharacters} characters`;
    }
    if (!allowed.test(value)) {
      return `the value of ${shownValue(key)} is ${shownValue(value)}: it must be of letters, digits, blanks and _.:/=+-@`;
    }
  }
  return undefined;
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const sourceIdentitySchema = v.pipe(
  v.string("must be text"),
  v.check(
    (text) => /^[\w+=,.@-]{2,64}$/.test(text) && !/^aws:/i.test(text),
    "must be 2 to 64 ASCII letters, digits and _+=,.@-",
  ),
);

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const externalIdSchema = v.pipe(
  v.string("must be text"),
  v.check((text) => /^[\w+=,.@:/-]{2,1224}$/.test(text), "must be 2 to 1224 ASCII letters, digits and _+=,.@:/-"),
);
