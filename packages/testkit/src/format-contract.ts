import type { AwsCredentials, Format, FormatContext, OptionsSchema } from "@tegata/core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { fakePorts } from "./fake-ports.ts";
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

export interface FormatUnderTest {
  /** Flags as a person would give them, by key. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** For a format that needs the network: everything but what is given is refused. */
  readonly context?: Partial<FormatContext>;
  /** Formats that print something else than the credentials themselves (a URL, say) hold no secret in their answer. */
  readonly printsCredentials: boolean;
}

/** What every format plugin must do. Call it in a test file of the plugin: `formatContract(myFormat, { … })`. */
export function formatContract<Schema extends OptionsSchema>(format: Format<Schema>, underTest: FormatUnderTest): void {
  const context: FormatContext = {
    region: "eu-central-1",
    federationEndpoint: undefined,
    ports: fakePorts({ fetch: () => Promise.reject(new Error("this format may not use the network")) }),
    ...underTest.context,
  };
  const options = () => v.parse(format.options, underTest.options ?? {});

  describe(`format contract: ${format.id}`, () => {
    it("has a kebab-case id and a one-line summary without capital and full stop", () => {
      expect(format.id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(format.summary).toMatch(/^[^A-Z\n.][^\n.]{4,80}$/);
    });

    it("refuses an option that it does not know", () => {
      expect(v.safeParse(format.options, { ...underTest.options, no_such_option: "x" }).success).toBe(false);
    });

    it("ends its answer with a newline and holds no terminal control in it", async () => {
      const answer = await format.render(sampleCredentials, options(), context);
      expect(answer.endsWith("\n")).toBe(true);
      expect(answer.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    });

    it("gives the same answer for the same credentials", async () => {
      const first = await format.render(sampleCredentials, options(), context);
      expect(await format.render(sampleCredentials, options(), context)).toBe(first);
    });

    it("holds the credentials only when it is there to print them", async () => {
      const answer = await format.render(sampleCredentials, options(), context);
      const secrets = [sampleCredentials.secretAccessKey, sampleCredentials.sessionToken];
      expect(secrets.map((secret) => answer.includes(secret))).toEqual(secrets.map(() => underTest.printsCredentials));
    });

    it("takes back what it set without knowing any credentials", () => {
      const answer = format.renderUnset?.(options()) ?? "\n";
      expect(answer.endsWith("\n")).toBe(true);
      expectNoSecret(answer, [sampleCredentials.accessKeyId, sampleCredentials.secretAccessKey]);
    });

    it("works without an account id", async () => {
      const answer = await format.render({ ...sampleCredentials, accountId: undefined }, options(), context);
      expect(answer).not.toContain("undefined");
    });
  });
}
