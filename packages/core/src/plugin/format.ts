import type * as v from "valibot";
import type { AwsCredentials } from "../aws/credentials.ts";
import type { Machine } from "./machine.ts";
import type { Ports } from "../base/ports.ts";
import type { Words } from "../base/wording.ts";

/** A valibot object schema whose keys become flags: `role_arn` is `--role-arn`. */
export type OptionsSchema =
  | v.ObjectSchema<v.ObjectEntries, undefined>
  | v.StrictObjectSchema<v.ObjectEntries, undefined>;

/** Output that is more than text on stdout. */
export interface RenderedOutput {
  /** The whole of stdout, its last newline included; may be empty. */
  readonly stdout: string;
  /** Written in place of `stdout`, for output that is no text. */
  readonly bytes?: Uint8Array;
  /**
   * Done when stdout has been written to its end: what must not be there before a runner knows which words to mask.
   *
   * @throws TegataError
   */
  readonly afterwards?: () => Promise<void>;
  /** False: this output is not to be stored and given again, although the format is `repeatable`. */
  readonly repeatable?: boolean;
}

/** What a format knows when it takes output back. */
export interface UnsetContext {
  /** The profile's name in `tegata.toml`; `undefined` when flags said everything. */
  readonly profile: string | undefined;
  readonly machine: Machine;
  /** One line to a person: shown only where stderr is a terminal, or with `--verbose`. Lower case, no full stop, no secret. */
  readonly tell: (line: string | Words) => void;
}

/** What is known of the run besides the credentials. */
export interface FormatContext extends UnsetContext {
  /** The region that somebody has chosen, for `AWS_REGION` and for the console; `undefined` where nobody has. */
  readonly region: string | undefined;
  /**
   * The first region of the role's partition: where console sign-in goes when none was chosen. Not to be printed as anybody's
   * region: programs have one of their own, in `~/.aws/config` for example.
   */
  readonly defaultRegion: string;
  /** Where console sign-in goes instead of the partition's own endpoint (`--federation-endpoint`). */
  readonly federationEndpoint: string | undefined;
  /**
   * Variables by which a tegata that runs later, in the shell that loads the output, acts on the same profile with the same
   * settings; `undefined`: to be unset.
   */
  readonly choice: Readonly<Record<string, string | undefined>>;
  readonly ports: Ports;
}

/** A line that a person can type, and what it does: for the help of a command. */
export interface Example {
  /** Without the program's name: `env dev --shell fish`. */
  readonly line: string;
  /** Lower case, no full stop. */
  readonly what: string;
}

/** Text for stdout, or that and more. */
export type FormatOutput = string | RenderedOutput;

/** Every output in its long form. */
export function toRenderedOutput(output: FormatOutput): RenderedOutput {
  return typeof output === "string" ? { stdout: output } : output;
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
  /** `ci`: `--help` lists it with what is of use in one CI system's jobs only. Left out: with the other formats. */
  readonly group?: "ci";
  readonly options: Schema;
  /** For the help of its command: two, the most usual one first. */
  readonly examples?: readonly Example[];
  /**
   * A command of the program, besides the format's own, that hands out what the format prints. `use`: statements for the running
   * shell, which the function of `tegata hook` loads; it has an option `shell`, a `renderUnset` and a `renderFailure`. `console`:
   * one https URL, on a line, that signs a browser in and is opened. One format for each. Left out: neither.
   */
  readonly backs?: "use" | "console";
  /**
   * `never`: other programs read this output, nobody may be asked, and nothing is written to stderr on success.
   * `terminal`: a person may be asked when stderr is a terminal.
   */
  readonly asksPerson: "never" | "terminal";
  /** True when `render` uses nothing but its arguments: its output may be stored and given again while it is right. */
  readonly repeatable?: boolean;
  /**
   * The whole of stdout, its last newline included. Every value is quoted for its target such that none can run code.
   *
   * @throws TegataError
   */
  render(
    credentials: AwsCredentials,
    options: v.InferOutput<Schema>,
    context: FormatContext,
  ): FormatOutput | Promise<FormatOutput>;
  /**
   * Looks, before anybody signs in for it, whether output can be handed out here at all. `render` may rely on it for
   * nothing: it is called without as well.
   *
   * @throws TegataError
   */
  checkPlatform?(options: v.InferOutput<Schema>, context: UnsetContext): void | Promise<void>;
  /**
   * What is printed in place of output when the run fails and has printed nothing: where a shell evaluates output, a
   * statement that fails, so that `eval "$(…)" && deploy` does not deploy. Left out: nothing is printed.
   *
   * @param typed the text of an option as it was typed, or as its variable has it; nobody has judged it
   */
  renderFailure?(typed: (option: string) => string | undefined, machine: Machine): string | Promise<string>;
  /** What takes the output back (`--unset`). Needs no credentials, so nobody signs in for it. */
  renderUnset?(options: v.InferOutput<Schema>, context: UnsetContext): FormatOutput | Promise<FormatOutput>;
  /**
   * The options that `renderUnset` looks at: any other beside `--unset` is a usage error, as it says how to write what is being
   * taken back. Left out: all of them.
   */
  readonly unsetOptions?: readonly string[];
}

/** Checks a format's types and gives them names; does nothing at run time. */
export function defineFormat<const Schema extends OptionsSchema>(format: Format<Schema>): Format<Schema> {
  return format;
}
