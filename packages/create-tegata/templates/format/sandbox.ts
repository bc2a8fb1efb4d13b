/**
 * `npm run sandbox`: an OpenID provider, an STS and a console on this machine, that check what the real ones check, and the
 * settings to sign in there. Ctrl-C ends it.
 */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { startSandbox } from "@tegata/sandbox";

const sandbox = await startSandbox({ intervalSeconds: 1 });
const settings = `[idp.sandbox]
type = "oidc"
issuer = "${sandbox.oidc.issuer}"
client_id = "${sandbox.oidc.clientId}"

[profile.dev]
idp = "sandbox"
role_arn = "${sandbox.roles.developer}"
region = "us-east-1"
sts_endpoint = "${sandbox.sts.endpoint}"
federation_endpoint = "${sandbox.federation.endpoint}"
`;
await writeFile("sandbox.toml", settings, { mode: 0o600 });
process.stdout.write(`wrote sandbox.toml; in another terminal:

  TEGATA_CONFIG=sandbox.toml dist/acme-tegata login dev

Sign in as ann@example.com, with any password.
`);
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await sandbox.close();
