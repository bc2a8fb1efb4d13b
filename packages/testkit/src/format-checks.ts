import { type AwsCredentials, type Format, type OptionsSchema, toRenderedAnswer } from "@tegata/core";
import * as v from "valibot";
import { expect } from "vitest";
import { fakeFormatContext } from "./fake-format-context.ts";
import { type FakeMachine, fakeMachine } from "./fake-machine.ts";
import type { FormatUnderTest } from "./format-contract.ts";
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

export interface FormatCheck {
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
    toRenderedAnswer(await format.render(credentials, options(), contextOn(newMachine()))).stdout;

  return [
    {
      name: "has a kebab-case id and a one-line summary without capital and full stop",
      check: async () => {
        expect(format.id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
        expect(format.summary).toMatch(/^[^A-Z\n.][^\n.]{4,80}$/);
      },
    },
    {
      name: "refuses an option that it does not know",
      check: async () => {
        expect(v.safeParse(format.options, { ...underTest.options, no_such_option: "x" }).success).toBe(false);
      },
    },
    {
      name: "describes every option in lower case, for --help",
      check: async () => {
        for (const [key, schema] of Object.entries(format.options.entries)) {
          expect(key, "options are snake_case").toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
          const inner = "wrapped" in schema ? schema.wrapped : schema;
          expect(v.getDescription(inner), `${key} has no v.description`).toMatch(/^[^A-Z].{4,}[^.]$/);
        }
      },
    },
    {
      name: "ends its answer with a newline and holds no terminal control in it",
      check: async () => {
        const answer = await render();
        expect(answer === "" || answer.endsWith("\n")).toBe(true);
        expect(answer.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      },
    },
    {
      name: "gives the same answer for the same credentials",
      check: async () => {
        const first = await render();
        expect(await render()).toBe(first);
      },
    },
    {
      name: "holds the credentials only when it is there to print them",
      check: async () => {
        const answer = await render();
        const secrets = [sampleCredentials.secretAccessKey, sampleCredentials.sessionToken];
        const shown = secrets.map((secret) => answer.includes(secret) || answer.includes(encodeURIComponent(secret)));
        expect(shown).toEqual(secrets.map(() => underTest.printsCredentials));
      },
    },
    {
      name: "takes back what it set without knowing any credentials",
      check: async () => {
        const answer = toRenderedAnswer((await format.renderUnset?.(options(), contextOn(newMachine()))) ?? "").stdout;
        expect(answer === "" || answer.endsWith("\n")).toBe(true);
        expectNoSecret(answer, [sampleCredentials.accessKeyId, sampleCredentials.secretAccessKey]);
      },
    },
    {
      name: "touches no file before its stdout has been written",
      check: async () => {
        const machine = newMachine();
        const before = [...machine.files];
        await format.render(sampleCredentials, options(), contextOn(machine));
        await format.renderUnset?.(options(), contextOn(machine));
        expect([...machine.files]).toEqual(before);
      },
    },
    {
      name: "does what comes afterwards again and again, and takes it back",
      check: async () => {
        const context = contextOn(newMachine());
        for (let time = 0; time < 2; time += 1) {
          await toRenderedAnswer(await format.render(sampleCredentials, options(), context)).afterwards?.();
        }
        const unset = toRenderedAnswer((await format.renderUnset?.(options(), context)) ?? "");
        expect(await unset.afterwards?.()).toBeUndefined();
      },
    },
    {
      name: "hands no secret to a program as an argument",
      check: async () => {
        const machine = newMachine();
        const answer = await format.render(sampleCredentials, options(), contextOn(machine));
        await toRenderedAnswer(answer).afterwards?.();
        const words = machine.runs.flatMap(({ command }) => command).join(" ");
        expectNoSecret(words, [sampleCredentials.secretAccessKey, sampleCredentials.sessionToken]);
      },
    },
    {
      name: "works without an account id",
      check: async () => {
        expect(await render({ ...sampleCredentials, accountId: undefined })).not.toContain("undefined");
      },
    },
  ];
}
