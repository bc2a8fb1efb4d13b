import {
  command,
  type CommandPart,
  flag,
  hint,
  type Part,
  setting,
  TegataError,
  words,
  type Words,
} from "@tegata/core";
import { plainText, refused } from "../refuse.ts";
import { hostAndPath } from "./iam-side.ts";
import { iamIssuer } from "./issuer.ts";
import type { Admission } from "./people.ts";
import { type Condition, literal } from "./trust-policy.ts";

/** What a command line says of a job: flags of `setup`, and two settings. */
export const ciFlags = ["repository", "ref", "environment", "ids", "subject", "issuer", "audience"] as const;

/** One of them, without dashes. */
export type CiFlag = (typeof ciFlags)[number];

/** A platform whose jobs have ID tokens. */
export interface CiPlatform {
  /** As in `workload/github`. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** What names a job there. */
  readonly example: Readonly<Partial<Record<CiFlag, string>>>;
  /** The flags that mean something there. */
  readonly takes: readonly CiFlag[];
  /** @throws TegataError `usage_invalid` for a value that is missing, or is none of this platform's */
  readonly trust: (values: CiValues) => CiTrust;
}

/** The tokens of one job, or of some. */
export interface CiTrust {
  readonly issuer: string;
  /** What the key `aud` has. */
  readonly audience: string;
  /** As the policy has them: one of them must be the `sub`. */
  readonly subjects: readonly [string, ...string[]];
  /** True where `*` in them stands for any text. */
  readonly isPattern: boolean;
  readonly more?: readonly Condition[];
  readonly notes: readonly string[];
}

/**
 * The job's part of a trust policy.
 *
 * @param target what is printed: the lines in hints print the same
 * @throws TegataError `usage_invalid`
 */
export function admitJobs(
  platform: CiPlatform,
  given: Readonly<Partial<Record<CiFlag, string>>>,
  target = "terraform",
): Admission & Pick<CiTrust, "issuer" | "audience"> {
  const trust = platform.trust(new CiValues(platform, given, target));
  const issuer = iamIssuer(trust.issuer);
  const host = hostAndPath(issuer);
  const conditions: readonly Condition[] = [
    { operator: "StringEquals", key: `${host}:aud`, values: [literal(trust.audience)] },
    ...(trust.more ?? []),
    { operator: trust.isPattern ? "StringLike" : "StringEquals", key: `${host}:sub`, values: trust.subjects },
  ];
  return { issuer, audience: trust.audience, statements: [{ sid: "Jobs", conditions }], notes: trust.notes };
}

/** What was given for a platform; each value is judged as it is taken. */
export class CiValues {
  readonly #platform: CiPlatform;
  readonly #target: string;
  readonly #given: ReadonlyMap<CiFlag, string>;

  /** @throws TegataError `usage_invalid` for a flag that means nothing at this platform */
  constructor(platform: CiPlatform, given: Readonly<Partial<Record<CiFlag, string>>>, target: string) {
    this.#platform = platform;
    this.#target = target;
    const all = ciFlags.flatMap((name) => {
      const value = given[name];
      return value === undefined ? [] : [[name, plainText(name, value)] as const];
    });
    const foreign = all.find(([name]) => !platform.takes.includes(name));
    if (foreign !== undefined) {
      throw new TegataError(
        "usage_invalid",
        words`${partOf(foreign[0])} means nothing for ${flag("ci", platform.id)}`,
        {
          hint: hint`leave it out: ${this.form()}`,
        },
      );
    }
    this.#given = new Map(all);
  }

  optional(name: CiFlag): string | undefined {
    return this.#given.get(name);
  }

  /** @param issue what a value is that does not fit, worded to follow it */
  required(name: CiFlag, shape: RegExp, issue: string): string {
    const value = this.#given.get(name);
    if (value === undefined) {
      throw this.#missing(words`${partOf(name)}`);
    }
    if (!shape.test(value)) {
      throw refused(partOf(name), value, issue, hint`${this.form()}`);
    }
    return value;
  }

  /**
   * Ids with a slash between them, as many as the platform has.
   *
   * @param parts what they are called
   */
  ids(shape: RegExp, parts: readonly string[]): readonly [string, string] {
    const text = this.required("ids", /./, "");
    const [first = "", second = "", ...others] = text.split("/");
    const given = text.split("/");
    if (given.length !== parts.length || others.length > 0 || !given.every((id) => shape.test(id))) {
      throw refused(
        flag("ids"),
        text,
        `must be ${parts.join("/")}, in the form that the platform shows`,
        hint`${this.form()}`,
      );
    }
    return [first, second];
  }

  /** One of two, not both: true for the first. */
  either(first: CiFlag, second: CiFlag): boolean {
    const hasFirst = this.#given.has(first);
    if (hasFirst && this.#given.has(second)) {
      throw new TegataError("usage_invalid", words`${partOf(first)} and ${partOf(second)} contradict each other`, {
        hint: hint`name one: a token has one of them`,
      });
    }
    if (!hasFirst && !this.#given.has(second)) {
      throw this.#missing(words`${partOf(first)} or ${partOf(second)}`);
    }
    return hasFirst;
  }

  /**
   * A branch as `refs/heads/NAME`; what begins with `refs/` is taken as it is. `*` stands for any text: no name of Git has one.
   *
   * @see https://git-scm.com/docs/git-check-ref-format
   */
  ref(name: string, isShort = false): string {
    if (!/^(?!\/|.*(?:\.\.|\/\/|@\{|\/$|\.$))[^\s~^:?[\\${}"'`]+$/.test(name)) {
      throw refused(flag("ref"), name, "is no branch or tag of Git", hint`${this.form()}`);
    }
    return isShort || name.startsWith("refs/") ? name : `refs/heads/${name}`;
  }

  /** What a person writes for this platform. */
  form(): CommandPart {
    const { id, example } = this.#platform;
    return command(
      "setup",
      this.#target,
      "--ci",
      id,
      ...Object.entries(example).flatMap(([name, value]) => [`--${name}`, value]),
    );
  }

  #missing(what: Words): TegataError {
    return new TegataError("usage_invalid", words`${flag("ci", this.#platform.id)} needs ${what}`, {
      hint: hint`${this.form()}`,
    });
  }
}

/**
 * Names with slashes between them, as many as the platform has; empty behind them.
 *
 * @param parts what they are called
 */
export function repositoryOf(
  values: CiValues,
  shape: RegExp,
  parts: readonly string[],
): readonly [string, string, string] {
  const text = values.required("repository", /./, "");
  const names = text.split("/");
  if (names.length !== parts.length || !names.every((name) => shape.test(name))) {
    throw refused(flag("repository"), text, `must be ${parts.join("/").toUpperCase()}`, hint`${values.form()}`);
  }
  const [first = "", second = "", third = ""] = names;
  return [first, second, third];
}

/** Two of them are settings as well. */
function partOf(name: CiFlag): Part {
  return name === "issuer" || name === "audience" ? setting(name) : flag(name);
}
