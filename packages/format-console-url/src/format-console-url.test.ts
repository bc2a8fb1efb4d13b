import { toRenderedOutput } from "@tegata/core";
import { fakeFormatContext, fakePorts, formatContract } from "@tegata/testkit";
import * as v from "valibot";
import { expect, test } from "vitest";
import { formatConsoleUrl } from "./format-console-url.ts";

formatContract(formatConsoleUrl, {
  context: { ports: fakePorts({ fetch: async () => Response.json({ SigninToken: "signin-token" }) }) },
  printsCredentials: false,
});

const credentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "secret",
  sessionToken: "token",
  expiration: "2026-01-01T01:00:00Z",
  accountId: "123456789012",
  assumedRoleArn: undefined,
};

async function render(options: Record<string, unknown>, federationEndpoint?: string) {
  const sent: { url: string; form: Record<string, string> }[] = [];
  const context = fakeFormatContext({
    federationEndpoint,
    ports: fakePorts({
      fetch: async (url, init) => {
        const form = new URLSearchParams(typeof init.body === "string" ? init.body : "");
        sent.push({ url, form: Object.fromEntries(form) });
        return Response.json({ SigninToken: "signin-token" });
      },
    }),
  });
  const rendered = await formatConsoleUrl.render(credentials, v.parse(formatConsoleUrl.options, options), context);
  const output = toRenderedOutput(rendered).stdout;
  return { output, sent };
}

test("the output is one line with the URL", async () => {
  const { output } = await render({});
  expect(output).toBe(
    "https://eu-central-1.signin.aws.amazon.com/federation?Action=login&Issuer=&Destination=https%3A%2F%2Feu-central-1.console.aws.amazon.com%2Fconsole%2Fhome%3Fregion%3Deu-central-1&SigninToken=signin-token\n",
  );
});

test("every option is passed on", async () => {
  const { output, sent } = await render({
    destination: "s3",
    session_duration: "12h",
    federation_issuer: "https://idp.example/",
  });
  expect(sent[0]?.form).toMatchObject({ SessionDuration: "43200" });
  expect(Object.fromEntries(new URL(output).searchParams)).toMatchObject({
    Issuer: "https://idp.example/",
    Destination: "https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1",
  });
});

test("the federation endpoint of the run is asked", async () => {
  const { output, sent } = await render({}, "https://sso.example/federation");
  expect(sent[0]?.url).toBe("https://sso.example/federation");
  expect(output).toMatch(/^https:\/\/sso\.example\/federation\?Action=login&/);
});

test("a duration that AWS refuses and an unknown option are refused", () => {
  expect(v.is(formatConsoleUrl.options, { session_duration: "13h" })).toBe(false);
  expect(v.is(formatConsoleUrl.options, { sesion_duration: "1h" })).toBe(false);
});
