import { type AwsCredentials, type Format, type OptionsSchema, toRenderedOutput } from "@tegata/core";
import * as v from "valibot";
import { expect } from "vitest";
import { fakeFormatContext } from "./fake-format-context.ts";
import { type FakeMachine, fakeMachine } from "./fake-machine.ts";
import type { FormatUnderTest } from "./format-under-test.ts";
import { expectNoSecret } from "./matchers.ts";

/** Credentials of the real size and alphabet. */
export const sampleCredentials: AwsCredentials = {
  accessKeyId: "ASIAQ3EGXAMPLE7NXV5K",
  secretAccessKey: "bXkvc2VjcmV0K2tleS93aXRoL3NsYXNoZXMrYW5kK3B=",
  sessionToken: `${"IQoJb3JpZ2luX2VjEJr//////////wEaCWV1LWNlbnRyYWwtMSJ".repeat(24)}==`,
  expiration: "2030-01-01T01:00:00Z",
  accountId: "123456789012",
  assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com",
};

interface FormatCheck {
  readonly name: string;
  /** Rejects when the format breaks this part of the contract. */
  readonly check: () => Promise<void>;
}

/** The contract as a list, so that the suite itself can be tested against formats that break it. */
export function formatChecks<Schema extends OptionsSchema>(
  format: Format<Schema>,
  underTest: FormatUnderTest,
): readonly FormatCheck[] {
  const newMachine = underTest.machine ?? (() => fakeMachine());
  const contextOn = (machine: FakeMachine) => fakeFormatContext({ ...underTest.context, machine });
  const options = () => v.parse(format.options, underTest.options ?? {});
  const render = async (credentials: AwsCredentials = sampleCredentials) =>
    toRenderedOutput(await format.render(credentials, options(), contextOn(newMachine()))).stdout;

  return [
    {
      name: "has a kebab-case id and a one-line summary without capital and full stop",
      check: async () => {
        expect(format.id, "the id is not in kebab-case").toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
        expect(
          format.summary,
          "the summary is not one line of 5 to 81 characters in lower case, without a full stop",
        ).toMatch(/^[^A-Z\n.][^\n.]{4,80}$/);
      },
    },
    {
      name: "refuses an option that it does not know",
      check: async () => {
        const typo = v.safeParse(format.options, { ...underTest.options, no_such_option: "x" });
        expect(typo.success, "an option no_such_option is taken: options must be a v.strictObject").toBe(false);
      },
    },
    {
      name: "describes every option in lower case, for --help",
      check: async () => {
        for (const [key, schema] of Object.entries(format.options.entries)) {
          expect(key, "an option is not in snake_case").toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
          const inner = "wrapped" in schema ? schema.wrapped : schema;
          expect(
            v.getDescription(inner) ?? "",
            `${key} has no v.description in lower case, without a full stop`,
          ).toMatch(/^[^A-Z].{4,}[^.]$/);
        }
      },
    },
    {
      name: "has all that the command needs which it backs",
      check: async () => {
        if (format.backs === "use") {
          expect("shell" in format.options.entries, "backs use, and has no option shell").toBe(true);
          expect(format.renderUnset !== undefined, "backs use, and has no renderUnset for tegata use --off").toBe(true);
          expect(format.renderFailure !== undefined, "backs use, and has no renderFailure").toBe(true);
        } else if (format.backs === "console") {
          const isUrl = /^https:\/\/[!-~]+\n$/.test(await render());
          expect(isUrl, "backs console, and prints no https URL on one line").toBe(true);
        }
      },
    },
    {
      name: "ends its output with a newline and holds no terminal control in it",
      check: async () => {
        const output = await render();
        expect(output === "" || output.endsWith("\n"), "the output does not end with a newline").toBe(true);
        expect(/\p{Cc}/u.test(output.replaceAll("\n", "")), "the output holds a control character").toBe(false);
      },
    },
    {
      name: "gives the same output for the same credentials",
      check: async () => {
        const first = await render();
        expect((await render()) === first, "a second output is another one").toBe(true);
      },
    },
    {
      name: "holds the credentials only when it is there to print them",
      check: async () => {
        const output = await render();
        const secrets = [sampleCredentials.secretAccessKey, sampleCredentials.sessionToken];
        const shown = secrets.map((secret) => output.includes(secret) || output.includes(encodeURIComponent(secret)));
        expect(
          shown,
          `the output ${underTest.printsCredentials ? "lacks credentials" : "holds credentials that it should not"}`,
        ).toEqual(secrets.map(() => underTest.printsCredentials));
      },
    },
    {
      name: "takes back what it set without knowing any credentials",
      check: async () => {
        const output = toRenderedOutput((await format.renderUnset?.(options(), contextOn(newMachine()))) ?? "").stdout;
        expect(output === "" || output.endsWith("\n"), "what takes it back does not end with a newline").toBe(true);
        expectNoSecret(
          output,
          [sampleCredentials.accessKeyId, sampleCredentials.secretAccessKey],
          "what takes the output back",
        );
      },
    },
    {
      name: "touches no file before its stdout has been written",
      check: async () => {
        const machine = newMachine();
        const before = [...machine.files];
        await format.render(sampleCredentials, options(), contextOn(machine));
        await format.renderUnset?.(options(), contextOn(machine));
        expect([...machine.files], "a file was touched by render or renderUnset: that is for afterwards").toEqual(
          before,
        );
      },
    },
    {
      name: "does what comes afterwards again and again, and takes it back",
      check: async () => {
        const context = contextOn(newMachine());
        for (let time = 0; time < 2; time += 1) {
          await toRenderedOutput(await format.render(sampleCredentials, options(), context)).afterwards?.();
        }
        const unset = toRenderedOutput((await format.renderUnset?.(options(), context)) ?? "");
        expect(await unset.afterwards?.()).toBeUndefined();
      },
    },
    {
      name: "hands no secret to a program as an argument",
      check: async () => {
        const machine = newMachine();
        const output = await format.render(sampleCredentials, options(), contextOn(machine));
        await toRenderedOutput(output).afterwards?.();
        const words = machine.runs.flatMap(({ command }) => command).join(" ");
        expectNoSecret(words, [sampleCredentials.secretAccessKey, sampleCredentials.sessionToken], "an argument list");
      },
    },
    {
      name: "holds no undefined where the account id is unknown",
      check: async () => {
        const output = await render({ ...sampleCredentials, accountId: undefined });
        expect(output.includes("undefined"), "without an account id the output says undefined").toBe(false);
      },
    },
  ];
}
