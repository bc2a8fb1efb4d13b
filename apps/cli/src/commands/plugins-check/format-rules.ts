import type { AwsCredentials } from "@tegata/core";
import {
  type ConversationPorts,
  askForOutput,
  secretsOf,
  type LocatedProgram,
  type FormatDescription,
  type ProgramRequest,
} from "@tegata/engine/plugin-programs";
import { expectNoSecretIn } from "./common-rules.ts";
import { exampleValues, type Values, valuesOf } from "./example-values.ts";
import { expectThat, type Rule, Skipped } from "./rule.ts";

/** Of the real size and alphabet, and good for nothing. */
const sampleCredentials: AwsCredentials = {
  accessKeyId: "ASIAQ3EGXAMPLE7NXV5K",
  secretAccessKey: "bXkvc2VjcmV0K2tleS93aXRoL3NsYXNoZXMrYW5kK3B=",
  sessionToken: `${"IQoJb3JpZ2luX2VjEJr//////////wEaCWV1LWNlbnRyYWwtMSJ".repeat(24)}==`,
  expiration: "2030-01-01T01:00:00Z",
  accountId: "123456789012",
  assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com",
};

/** What a program that prints credentials has to do. */
export function formatRules(
  program: LocatedProgram,
  description: FormatDescription,
  typed: Values,
  ports: ConversationPorts,
): readonly Rule[] {
  const heard: string[] = [];
  const formatPorts = { ...ports, stdoutIsTerminal: false, overhear: (text: string) => heard.push(text) };
  const usual = exampleValues(description.options, typed);
  const ask = async (request: ProgramRequest) => {
    const output = await askForOutput(
      program,
      { options: usual, region: "eu-central-1", profile: "dev", ...request },
      secretsOf(sampleCredentials),
      formatPorts,
    );
    return typeof output === "string" ? output : (output.bytes ?? new Uint8Array());
  };
  const render = (changes: Readonly<Record<string, unknown>> = {}) =>
    ask({ request: "render", credentials: sampleCredentials, ...changes });
  let first: Promise<string | Uint8Array> | undefined;
  const firstOutput = () => (first ??= render());

  return [
    { name: "prints sample credentials within 30 s, and ends well", check: async () => void (await firstOutput()) },
    {
      name: "gives the same output for the same credentials",
      check: async () => {
        const [one, other] = await Promise.all([firstOutput(), render()]);
        expectThat(Buffer.compare(Buffer.from(one), Buffer.from(other)) === 0, "the second output is another one");
      },
    },
    {
      name: "ends a text with a line break",
      check: async () => {
        const output = await firstOutput();
        expectThat(typeof output !== "string" || output === "" || output.endsWith("\n"), "the last line has no end");
      },
    },
    {
      name: "works without an account id and without a profile, and does not print that they are missing",
      check: async () => {
        const missing = /\b(undefined|null|None|nil|NaN)\b|<no value>|<nil>/;
        const output = await render({
          credentials: { ...sampleCredentials, accountId: undefined, assumedRoleArn: undefined },
          profile: undefined,
        });
        const [found] = missing.exec(String(output)) ?? [];
        expectThat(found === undefined || missing.test(String(await firstOutput())), `it prints ${found ?? ""}`);
      },
    },
    {
      name: "takes a profile with quotes, a backslash and letters beyond ASCII in its name",
      check: async () => void (await render({ profile: "we\"ird\\n'näme \u{1f600}" })),
    },
    {
      name: "takes every value of its options that have few",
      check: async () => {
        for (const [name, field] of Object.entries(description.options.properties ?? {})) {
          for (const value of valuesOf(field)) {
            await render({ options: { ...usual, [name]: value } });
          }
        }
      },
    },
    {
      name: "takes the output back, with a line break at the end and without a key in it",
      check: async () => {
        if (!description.unsets) {
          throw new Skipped("it does not say that it can");
        }
        const output = String(await ask({ request: "unset" }));
        expectThat(output === "" || output.endsWith("\n"), "the last line has no end");
        expectThat(!output.includes(sampleCredentials.accessKeyId), "it prints a key that it was not given");
      },
    },
    {
      name: "writes no secret to stderr or into log events",
      check: async () => {
        await firstOutput();
        expectNoSecretIn(heard, secretsOf(sampleCredentials));
      },
    },
  ];
}
