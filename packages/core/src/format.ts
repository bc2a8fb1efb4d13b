import type * as v from "valibot";
import type { AwsCredentials } from "./credentials.ts";
import type { Ports } from "./ports.ts";

/** A valibot object schema whose keys become flags: `role_arn` is `--role-arn`. */
export type OptionsSchema =
  | v.ObjectSchema<v.ObjectEntries, undefined>
  | v.StrictObjectSchema<v.ObjectEntries, undefined>;

/** What is known of the run besides the credentials. */
export interface FormatContext {
  /** The region of the profile, for `AWS_REGION` and for the console. */
  readonly region: string;
  /** Where console sign-in goes instead of the partition's own endpoint (`--federation-endpoint`). */
  readonly federationEndpoint: string | undefined;
  readonly ports: Ports;
}

/**
 * One way to hand out credentials. A format is a command of the same name: its summary and options show up in `--help`
 * and in completions.
 */
export interface Format<Schema extends OptionsSchema = OptionsSchema> {
  /** The command, the package's suffix and the heading in the documentation: kebab-case. */
  readonly id: string;
  /** One line for `--help`: lower case, no full stop. */
  readonly summary: string;
  readonly options: Schema;
  /**
   * `never`: other programs read this answer, nobody may be asked, and nothing is written to stderr on success.
   * `terminal`: a person may be asked when stderr is a terminal.
   */
  readonly asksPerson: "never" | "terminal";
  /** True when `render` uses nothing but its arguments: its answer may be kept and given again while it is right. */
  readonly repeatable?: boolean;
  /**
   * The whole of stdout, its last newline included. Every value is quoted for its target such that none can run code.
   *
   * @throws TegataError
   */
  render(credentials: AwsCredentials, options: v.InferOutput<Schema>, context: FormatContext): string | Promise<string>;
  /** What takes the answer back (`--unset`). Needs no credentials, so nobody signs in for it. */
  renderUnset?(options: v.InferOutput<Schema>): string;
}

/** Checks a format's types and gives them names; does nothing at run time. */
export function defineFormat<const Schema extends OptionsSchema>(format: Format<Schema>): Format<Schema> {
  return format;
}
