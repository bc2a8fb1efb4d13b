#!/usr/bin/env node
import { once } from "node:events";
import { parseArgs } from "node:util";
import { startSandbox, type Sandbox } from "./index.ts";

const HELP = `The tegata sandbox: an OpenID provider, an Auth0 look-alike, an STS and a console on loopback.

usage: tegata-sandbox [--port N] [--interval SECONDS]

  --port N            first of five ports on 127.0.0.1 (default: free ones)
  --interval SECONDS  polling interval of the device grant (default: 5)
  --help              this text
`;

function description({ oidc, auth0, sts, federation, consoleUrl, control, roles }: Sandbox): string {
  const profile = (name: string, idp: string): string => `[profile.${name}]
idp = "${idp}"
role_arn = "${roles.developer}"
region = "us-east-1"
sts_endpoint = "${sts.endpoint}"
federation_endpoint = "${federation.endpoint}"
`;
  return `# OpenID provider   ${oidc.issuer}
# Auth0 look-alike  ${auth0.issuer}
# STS               ${sts.endpoint}
# federation        ${federation.endpoint}
# console           ${consoleUrl}
# people            ann@example.com, bob@example.com (any password)
# roles             ${roles.developer} (up to 12 hours)
#                   ${roles.readOnly} (up to 1 hour)
#                   ${roles.bobOnly} (bob only)
#
# tegata.toml: this whole output, or the lines below

[idp.sandbox]
type = "oidc"
issuer = "${oidc.issuer}"
client_id = "${oidc.clientId}"

[idp.sandbox-auth0]
type = "auth0"
domain = "${auth0.domain}"
client_id = "${auth0.clientId}"

${profile("sandbox", "sandbox")}
${profile("sandbox-auth0", "sandbox-auth0")}
# Let something go wrong, and right again:
#   curl ${control?.endpoint}/faults -H 'content-type: application/json' \\
#     -d '{"kind":"status","area":"token","status":503,"times":2}'
#   curl -X DELETE ${control?.endpoint}/faults
# Ctrl-C ends the sandbox.
`;
}

function wholeNumber(name: string, value: string | undefined, fallback: number): number {
  const number = value === undefined ? fallback : Number(value);
  if (!Number.isInteger(number) || number < 0) {
    throw new RangeError(`--${name}: not a whole number: ${value}`);
  }
  return number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: "string" }, interval: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const sandbox = await startSandbox({
    control: true,
    port: wholeNumber("port", values.port, 0),
    intervalSeconds: wholeNumber("interval", values.interval, 5),
  });
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  process.stdout.write(description(sandbox));
  await stopped;
  await sandbox.close();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`sandbox: error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
