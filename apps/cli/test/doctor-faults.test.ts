import { spawnSync } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fault as SandboxFault } from "@tegata/sandbox";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createAuthority } from "./support/certificates.ts";
import { diagnosisIn } from "./support/diagnosis.ts";
import { startSilentBus } from "./support/keyring-session.ts";
import { loopbackServers } from "./support/loopback-servers.ts";
import { endIdToken, onlySession } from "./support/records.ts";
import { createWorkloadWorld, deployer, type WorkloadWorld } from "./support/workload-world.ts";
import { createWorld, type World } from "./support/world.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** A home in which somebody is signed in, to be spoiled. */
interface Home {
  readonly path: string;
  readonly settingsFile: string;
  readonly cacheDir: string;
  readonly stateDir: string;
  /** Changes the settings file. */
  readonly edit: (change: (toml: string) => string) => Promise<void>;
}

interface Provoked {
  /** Behind `doctor`; left out, `dev`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Something that goes wrong, and what has to be found. */
interface Row {
  readonly what: string;
  readonly sandbox?: readonly SandboxFault[];
  readonly spoil?: (home: Home) => Promise<void | Provoked> | Provoked;
  readonly step: string;
  readonly code: string;
  readonly status: number;
  readonly message: RegExp;
  readonly hint: RegExp;
}

const nowhere = "https://idp.acme.example";
const unknownIssuer = ["--issuer", nowhere, "--client-id", "x", "--role-arn", "arn:aws:iam::123456789012:role/Dev"];
const stsSays = (code: string, message: string): readonly SandboxFault[] => [{ kind: "stsError", code, message }];
const tokenSays = (status: number, error: string): readonly SandboxFault[] => [
  {
    kind: "status",
    area: "token",
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ error, error_description: "no" }),
  },
];
/** Only the refresh token is left, so that the provider is asked. */
const toBeRenewed = async ({ stateDir }: Home): Promise<void> => endIdToken(stateDir);

const rows: readonly Row[] = [
  {
    what: "a settings file that is named and not there",
    spoil: () => ({ args: ["dev", "--config", "/nowhere/tegata.toml"] }),
    step: "settings",
    code: "settings_not_found",
    status: 3,
    message: /there is no settings file \/nowhere\/tegata\.toml/,
    hint: /^correct --config$/,
  },
  {
    what: "a settings file that is no TOML",
    spoil: ({ edit }) => edit((toml) => toml.replace('type = "auth0"', "type = auth0")),
    step: "settings",
    code: "settings_syntax",
    status: 3,
    message: /tegata\.toml:2:\d+: not TOML/,
    hint: /^correct line 2/,
  },
  {
    what: "a misspelt key",
    spoil: ({ edit }) => edit((toml) => toml.replace("role_arn", "role_arm")),
    step: "settings",
    code: "settings_invalid",
    status: 3,
    message: /role_arm .*role_arn/,
    hint: /^correct .*tegata\.toml$/,
  },
  {
    what: "a settings file that others can write to",
    spoil: ({ settingsFile }) => chmod(settingsFile, 0o666),
    step: "settings",
    code: "storage_unsafe",
    status: 3,
    message: /can be written to by others|others can/,
    hint: /chmod/,
  },
  {
    what: "a folder for a settings file",
    spoil: async ({ settingsFile }) => {
      await rm(settingsFile);
      await mkdir(settingsFile);
    },
    step: "settings",
    code: "settings_unreadable",
    status: 3,
    message: /it is a folder/,
    hint: /name the file itself/,
  },
  {
    what: "a profile that is misspelt",
    spoil: () => ({ args: ["dve"] }),
    step: "profile",
    code: "usage_invalid",
    status: 2,
    message: /"dve" is not a section/,
    hint: /^name the profile dev$/,
  },
  {
    what: "an AWS_PROFILE that is no profile",
    spoil: () => ({ args: [], env: { AWS_PROFILE: "audit" } }),
    step: "profile",
    code: "usage_invalid",
    status: 2,
    message: /AWS_PROFILE "audit" is not a section/,
    hint: /unset the variable/,
  },
  {
    what: "an identity provider that nobody knows",
    spoil: () => ({ args: ["dev", "--idp", "nowhere"] }),
    step: "idp",
    code: "usage_invalid",
    status: 2,
    message: /nowhere/,
    hint: /idp/,
  },
  {
    what: "no client id",
    spoil: ({ edit }) => edit((toml) => toml.replace(/client_id = .*\n/, "")),
    step: "idp",
    code: "settings_incomplete",
    status: 3,
    message: /client_id/,
    hint: /client-id/,
  },
  {
    what: "no role",
    spoil: ({ edit }) => edit((toml) => toml.replace(/role_arn = .*\n/, "")),
    step: "role",
    code: "settings_incomplete",
    status: 3,
    message: /no role is named/,
    hint: /--role-arn ARN/,
  },
  {
    what: "a role that is no ARN",
    spoil: () => ({ env: { TEGATA_ROLE_ARN: "Developer" } }),
    step: "role",
    code: "usage_invalid",
    status: 2,
    message: /TEGATA_ROLE_ARN "Developer"/,
    hint: /correct or unset TEGATA_ROLE_ARN/,
  },
  {
    what: "a platform that this is not",
    spoil: () => ({ args: ["--idp", "workload", "--role-arn", "arn:aws:iam::123456789012:role/Dev"] }),
    step: "idp",
    code: "workload_not_found",
    status: 3,
    message: /no token here/,
    hint: /run it where that token is/,
  },
  {
    what: "a cache folder that a group can write to",
    spoil: ({ cacheDir }) => chmod(cacheDir, 0o777),
    step: "cache-folder",
    code: "storage_unsafe",
    status: 3,
    message: /can be written to by others \(mode 0777\)/,
    hint: /chmod 700/,
  },
  {
    what: "a file for a cache folder",
    spoil: async ({ cacheDir }) => {
      await rm(cacheDir, { recursive: true });
      await writeFile(cacheDir, "");
    },
    step: "cache-folder",
    code: "storage_unwritable",
    status: 3,
    message: /it is not a folder/,
    hint: /TEGATA_CACHE_DIR="\$\(mktemp -d\)"/,
  },
  {
    what: "a state folder that others can write to",
    spoil: ({ stateDir }) => chmod(stateDir, 0o707),
    step: "state-folder",
    code: "storage_unsafe",
    status: 3,
    message: /can be written to by others \(mode 0707\)/,
    hint: /chmod 700/,
  },
  {
    what: "a state folder that others can replace",
    spoil: ({ path }) => chmod(join(path, ".local"), 0o777),
    step: "state-folder",
    code: "storage_unsafe",
    status: 3,
    message: /others can replace the folder/,
    hint: /TEGATA_STATE_DIR=/,
  },
  {
    what: "a proxy that is none",
    spoil: () => ({ args: unknownIssuer, env: { HTTPS_PROXY: "ftp://proxy.example" } }),
    step: "proxy",
    code: "settings_invalid",
    status: 3,
    message: /HTTPS_PROXY names a proxy that cannot be used: ftp:/,
    hint: /HTTPS_PROXY=http:\/\/HOST:PORT/,
  },
  {
    what: "a proxy that does not answer",
    spoil: () => ({ args: unknownIssuer, env: { HTTPS_PROXY: "http://127.0.0.1:9" } }),
    step: "discovery",
    code: "idp_unreachable",
    status: 6,
    message: /the proxy http:\/\/127\.0\.0\.1:9 \(HTTPS_PROXY\) cannot be reached/,
    hint: /check HTTPS_PROXY/,
  },
  {
    what: "a CA file that is not there",
    spoil: () => ({ env: { AWS_CA_BUNDLE: "/nowhere/ca.pem" } }),
    step: "authorities",
    code: "settings_unreadable",
    status: 3,
    message: /AWS_CA_BUNDLE names \/nowhere\/ca\.pem, which is not there/,
    hint: /correct or unset AWS_CA_BUNDLE/,
  },
  {
    what: "a CA file without a certificate",
    spoil: ({ settingsFile }) => ({ env: { NODE_EXTRA_CA_CERTS: settingsFile } }),
    step: "authorities",
    code: "settings_unreadable",
    status: 3,
    message: /which holds no PEM certificate/,
    hint: /correct or unset NODE_EXTRA_CA_CERTS/,
  },
  {
    what: "an issuer where nobody answers",
    spoil: ({ edit }) => edit((toml) => toml.replace(/domain = .*/, 'domain = "http://127.0.0.1:9"')),
    step: "discovery",
    code: "idp_unreachable",
    status: 6,
    message: /cannot be reached at 127\.0\.0\.1:9/,
    hint: /check the network/,
  },
  {
    what: "an issuer that is no provider",
    spoil: ({ edit }) =>
      edit((toml) => toml.replace(/(issuer = "[^"]*)"/, '$1/realms/other"')).then(() => ({ args: ["plain"] })),
    step: "discovery",
    code: "idp_invalid_response",
    status: 6,
    message: /is not an OpenID provider: its discovery document answers HTTP 404/,
    hint: /check the issuer/,
  },
  {
    what: "a discovery document that names another issuer",
    sandbox: [{ kind: "patchJson", area: "discovery", patch: { issuer: "https://other.example" } }],
    step: "discovery",
    code: "idp_invalid_response",
    status: 6,
    message: /names another issuer, "https:\/\/other\.example"/,
    hint: /check the issuer/,
  },
  {
    what: "a provider that is down",
    sandbox: [{ kind: "status", area: "discovery", status: 503 }],
    step: "discovery",
    code: "idp_unavailable",
    status: 6,
    message: /answers HTTP 503/,
    hint: /try again in a moment/,
  },
  {
    what: "a page of a network in place of the provider",
    sandbox: [{ kind: "status", area: "discovery", status: 200, body: "<html>sign in to the wifi</html>" }],
    step: "discovery",
    code: "idp_invalid_response",
    status: 6,
    message: /not a JSON object/,
    hint: /check the issuer/,
  },
  {
    what: "an endpoint without https",
    sandbox: [{ kind: "patchJson", area: "discovery", patch: { token_endpoint: "http://idp.example/token" } }],
    step: "discovery",
    code: "idp_untrusted_url",
    status: 6,
    message: /token_endpoint that is not a plain https URL/,
    hint: /tell the administrator/,
  },
  {
    what: "a clock that is ten minutes behind",
    sandbox: [{ kind: "clockSkew", seconds: 600, area: "discovery" }],
    step: "clock",
    code: "id_token_invalid",
    status: 6,
    message: /^(?:599|600|601) s behind 127\.0\.0\.1:\d+, and more than 5 minutes are not made up for$/,
    hint: /set the clock/,
  },
  {
    what: "a clock that is ten minutes ahead",
    sandbox: [{ kind: "clockSkew", seconds: -600, area: "discovery" }],
    step: "clock",
    code: "id_token_invalid",
    status: 6,
    message: /s ahead of 127/,
    hint: /set the clock/,
  },
  {
    what: "keys that are out of reach",
    sandbox: [{ kind: "status", area: "jwks", status: 503 }],
    step: "keys",
    code: "idp_unavailable",
    status: 6,
    message: /HTTP 503 \(signing keys\)/,
    hint: /try again in a moment/,
  },
  {
    what: "a key set without a key for signing",
    sandbox: [{ kind: "patchJson", area: "jwks", patch: { keys: [{ kty: "oct", k: "AA" }] } }],
    step: "keys",
    code: "id_token_signature_invalid",
    status: 6,
    message: /no key of 1 can sign/,
    hint: /tell the administrator/,
  },
  {
    what: "a flow that the provider does not offer",
    sandbox: [{ kind: "patchJson", area: "discovery", patch: {}, remove: ["device_authorization_endpoint"] }],
    spoil: () => ({ args: ["dev", "--flow", "device"] }),
    step: "flow",
    code: "idp_grant_disabled",
    status: 5,
    message: /offers no flow "device", but browser/,
    hint: /^use --flow browser, or ask/,
  },
  {
    what: "a keyring that is demanded and not there",
    spoil: () => ({ args: ["dev", "--token-store", "keyring"] }),
    step: "token-store",
    code: "storage_unreadable",
    status: 3,
    message: /the keyring cannot be used: there is no D-Bus session/,
    hint: /--token-store file/,
  },
  {
    what: "a keyring that does not answer",
    spoil: async ({ path }) => {
      const bus = await startSilentBus(path);
      buses.push(bus);
      return { args: ["dev", "--token-store", "keyring"], env: bus.env };
    },
    step: "token-store",
    code: "storage_unreadable",
    status: 3,
    message: /the keyring cannot be used: /,
    hint: /^unlock it, or /,
  },
  {
    what: "nobody signed in",
    spoil: ({ stateDir, cacheDir }) => forgetAll(stateDir, cacheDir),
    step: "sign-in",
    code: "sign_in_required",
    status: 4,
    message: /a sign-in in the browser is needed/,
    hint: /^tegata login dev$/,
  },
  {
    what: "another client than the one that somebody signed in by",
    spoil: ({ edit }) => edit((toml) => toml.replace(/client_id = .*/, 'client_id = "another"')),
    step: "sign-in",
    code: "sign_in_required",
    status: 4,
    message: /a sign-in in the browser is needed/,
    hint: /^tegata login dev$/,
  },
  {
    what: "a sign-in that has ended",
    spoil: async ({ stateDir }) => {
      const { path, record } = await onlySession(stateDir);
      const { idToken: _ended, refreshToken: _none, ...rest } = record;
      await writeFile(path, JSON.stringify(rest));
    },
    step: "sign-in",
    code: "sign_in_required",
    status: 4,
    message: /needed; stored: "auth0\|\w+" at .*, no ID token, no refresh token/,
    hint: /^tegata login dev$/,
  },
  {
    what: "a stored sign-in that others can read",
    spoil: async ({ stateDir }) => chmod((await onlySession(stateDir)).path, 0o644),
    step: "sign-in",
    code: "storage_unsafe",
    status: 3,
    message: /can be read or written by others \(mode 0644\)/,
    hint: /run chmod 600 /,
  },
  {
    what: "a refresh token that is refused",
    spoil: toBeRenewed,
    sandbox: tokenSays(400, "invalid_grant"),
    step: "id-token",
    code: "sign_in_required",
    status: 4,
    message: /did not renew the last one/,
    hint: /tegata login dev/,
  },
  {
    what: "a client that is refused",
    spoil: toBeRenewed,
    sandbox: tokenSays(401, "invalid_client"),
    step: "id-token",
    code: "idp_client_rejected",
    status: 5,
    message: /invalid_client/,
    hint: /check client_id/,
  },
  {
    what: "a token endpoint that is down",
    spoil: toBeRenewed,
    sandbox: [{ kind: "status", area: "token", status: 503 }],
    step: "id-token",
    code: "idp_unavailable",
    status: 6,
    message: /503/,
    hint: /try again/,
  },
  {
    what: "an ID token with another's signature",
    spoil: toBeRenewed,
    sandbox: [{ kind: "idToken", fault: { how: "badSignature" } }],
    step: "id-token",
    code: "id_token_signature_invalid",
    status: 6,
    message: /the signature does not match/,
    hint: /tell the administrator/,
  },
  {
    what: "an ID token with a key that nobody knows",
    spoil: toBeRenewed,
    sandbox: [{ kind: "idToken", fault: { how: "unknownKey" } }],
    step: "id-token",
    code: "id_token_signature_invalid",
    status: 6,
    message: /no key of the issuer's key set fits it/,
    hint: /tell the administrator/,
  },
  {
    what: "an ID token for another audience",
    spoil: toBeRenewed,
    sandbox: [{ kind: "idToken", fault: { how: "claims", claims: { aud: "another" } } }],
    step: "id-token",
    code: "id_token_invalid",
    status: 6,
    message: /meant for "another", not for the client id/,
    hint: /check client_id/,
  },
  {
    what: "an ID token of another issuer",
    spoil: toBeRenewed,
    sandbox: [{ kind: "idToken", fault: { how: "claims", claims: { iss: "https://other.example" } } }],
    step: "id-token",
    code: "id_token_invalid",
    status: 6,
    message: /its issuer is "https:\/\/other\.example"/,
    hint: /check the issuer/,
  },
  {
    what: "an STS where nobody answers",
    spoil: () => ({ args: ["dev", "--sts-endpoint", "http://127.0.0.1:9"] }),
    step: "sts",
    code: "sts_unreachable",
    status: 6,
    message: /STS cannot be reached at 127\.0\.0\.1:9/,
    hint: /check the network/,
  },
  {
    what: "an account without the provider",
    sandbox: stsSays("InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://idp.example"),
    step: "credentials",
    code: "sts_provider_unknown",
    status: 5,
    message: /has no IAM OIDC provider for the issuer http:\/\/127/,
    hint: /create it in .* with exactly the URL/,
  },
  {
    what: "a provider in IAM without the client",
    sandbox: stsSays("InvalidIdentityToken", "Incorrect token audience"),
    step: "credentials",
    code: "sts_audience_rejected",
    status: 5,
    message: /does not list the client id tegata-cli/,
    hint: /add tegata-cli to the client ids/,
  },
  {
    what: "the same in AWS's newer words",
    sandbox: stsSays(
      "InvalidIdentityToken",
      "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.",
    ),
    step: "credentials",
    code: "sts_audience_rejected",
    status: 5,
    message: /does not list the client id tegata-cli/,
    hint: /add tegata-cli to the client ids/,
  },
  {
    what: "an issuer whose keys AWS cannot read",
    sandbox: stsSays(
      "InvalidIdentityToken",
      "Couldn't retrieve verification key from your identity provider,  please reference the docs",
    ),
    step: "credentials",
    code: "sts_verification_key_unavailable",
    status: 6,
    message: /AWS could not fetch the signing key/,
    hint: /must answer from the internet/,
  },
  {
    what: "a role that is not there",
    spoil: () => ({ args: ["dev", "--role-arn", "arn:aws:iam::123456789012:role/Nobody"] }),
    step: "credentials",
    code: "sts_access_denied",
    status: 5,
    message: /does not let this sign-in assume arn:aws:iam::123456789012:role\/Nobody/,
    hint: /compare the role's trust policy with iss/,
  },
  {
    what: "a trust policy for somebody else",
    spoil: () => ({ args: ["bob"] }),
    step: "credentials",
    code: "sts_access_denied",
    status: 5,
    message: /does not let this sign-in assume .*BobOnly/,
    hint: /sub auth0\|65f1a0c2d4e6f80011223301/,
  },
  {
    what: "a duration that the role does not allow",
    spoil: () => ({ args: ["readonly", "--duration", "12h"] }),
    step: "credentials",
    code: "sts_duration_rejected",
    status: 5,
    message: /43200|12/,
    hint: /duration/,
  },
  {
    what: "a region in which STS is switched off",
    sandbox: stsSays("RegionDisabledException", "STS is not activated in this region"),
    step: "credentials",
    code: "sts_region_disabled",
    status: 5,
    message: /us-east-1/,
    hint: /region/,
  },
  {
    what: "a role of a chain that the one before may not assume",
    spoil: ({ edit }) =>
      edit(
        (toml) =>
          `${toml}\n[profile.prod]\nsource_profile = "dev"\nrole_arn = "arn:aws:iam::210987654321:role/Prod"\nregion = "us-east-1"\nsts_endpoint = "${world.sandbox.sts.endpoint}"\n`,
      ).then(() => ({ args: ["prod"] })),
    step: "credentials-2",
    code: "sts_access_denied",
    status: 5,
    message: /210987654321:role\/Prod/,
    hint: /trust policy|sts:AssumeRole/,
  },
];

const warnings: readonly Pick<Row, "what" | "sandbox" | "spoil" | "step" | "message" | "hint">[] = [
  {
    what: "a cache folder that others can read",
    spoil: ({ cacheDir }) => chmod(cacheDir, 0o755),
    step: "cache-folder",
    message: /can be read by others \(mode 0755\): the next run closes it/,
    hint: /chmod 700/,
  },
  {
    what: "a cache folder that others can replace",
    spoil: ({ path }) => chmod(join(path, ".cache"), 0o777),
    step: "cache-folder",
    message: /others can replace the folder/,
    hint: /TEGATA_CACHE_DIR=/,
  },
  {
    what: "a clock that is two minutes behind",
    sandbox: [{ kind: "clockSkew", seconds: 120 }],
    step: "clock",
    message: /^1(?:19|20|21) s behind 127\.0\.0\.1:\d+, which is made up for$/,
    hint: /set the clock/,
  },
  {
    what: "a discovery document that AWS cannot use",
    sandbox: [{ kind: "patchJson", area: "discovery", patch: {}, remove: ["subject_types_supported"] }],
    step: "discovery",
    message: /AWS may find no key there: the document lacks subject_types_supported/,
    hint: /tell the administrator/,
  },
  {
    what: "ID tokens that are signed as AWS does not take them",
    sandbox: [
      { kind: "patchJson", area: "discovery", patch: { id_token_signing_alg_values_supported: ["HS256", "EdDSA"] } },
    ],
    step: "discovery",
    message: /signs ID tokens with "HS256", "EdDSA", and AWS takes RS256 and ES256/,
    hint: /tell the administrator/,
  },
  {
    what: "a scope that the provider does not list",
    sandbox: [{ kind: "patchJson", area: "discovery", patch: { scopes_supported: ["openid", "email"] } }],
    step: "flow",
    message: /does not list the scope "offline_access" of scope/,
    hint: /correct scope/,
  },
  {
    what: "a grant that the provider does not list",
    sandbox: [{ kind: "patchJson", area: "discovery", patch: { grant_types_supported: ["authorization_code"] } }],
    step: "flow",
    message: /does not list the grant/,
    hint: /ask its administrator/,
  },
  {
    what: "keys in ~/.aws that outrank a profile",
    spoil: async ({ path }) => {
      await mkdir(join(path, ".aws"));
      await writeFile(join(path, ".aws/credentials"), "[dev]\naws_access_key_id = AKIA1\naws_secret_access_key = x\n");
    },
    step: "aws-files",
    message: /the profile dev in .*credentials has keys that tegata did not write/,
    hint: /delete those keys/,
  },
  {
    what: "a line in ~/.aws/config that SDKs read in different ways",
    spoil: async ({ path }) => {
      await mkdir(join(path, ".aws"));
      await writeFile(join(path, ".aws/config"), '[profile "dev"]\nregion = us-east-1\n  # home\n');
    },
    step: "aws-files",
    message: /config:1 has quotes around the name.*\n.*config:3 is an indented comment/,
    hint: /correct the lines/,
  },
  {
    what: "keys in the environment",
    spoil: () => ({ env: { AWS_ACCESS_KEY_ID: "AKIA1", AWS_SECRET_ACCESS_KEY: "x" } }),
    step: "environment",
    message: /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set/,
    hint: /^unset them: unset AWS_ACCESS_KEY_ID/,
  },
  {
    what: "a misspelt variable",
    spoil: () => ({ env: { TEGATA_REGOIN: "eu-west-1" } }),
    step: "environment",
    message: /TEGATA_REGOIN says nothing/,
    hint: /^rename it to TEGATA_REGION, or unset it$/,
  },
  {
    what: "a library that is loaded into every program",
    spoil: () => ({ env: { DYLD_INSERT_LIBRARIES: "/nowhere/lib.so" } }),
    step: "environment",
    message: /other code runs .* by DYLD_INSERT_LIBRARIES/,
    hint: /unset what you did not set/,
  },
  {
    what: "a sign-in that is not stored while its credentials are",
    spoil: ({ stateDir }) => rm(stateDir, { recursive: true }),
    step: "sign-in",
    message: /none is stored; the stored credentials do until/,
    hint: /tegata login dev/,
  },
];

const buses: { close(): void }[] = [];
let world: World;
let signedIn: string;

beforeAll(async () => {
  world = await createWorld({ refreshTokenLeewaySeconds: 3600 });
  await world.signIn("dev");
  signedIn = world.env["HOME"] ?? "";
});
afterEach(() => {
  world.sandbox.faults.clear();
  buses.splice(0).forEach((bus) => bus.close());
});
afterAll(() => world.close());

async function forgetAll(...folders: readonly string[]): Promise<void> {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}

async function anotherHome(): Promise<Home> {
  const path = await mkdtemp(join(world.folder, "spoilt-"));
  await cp(signedIn, path, { recursive: true });
  const settingsFile = join(path, ".config/tegata/tegata.toml");
  await Promise.all([".cache/tegata", ".local/state/tegata"].map((folder) => chmod(join(path, folder), 0o700)));
  return {
    path,
    settingsFile,
    cacheDir: join(path, ".cache/tegata"),
    stateDir: join(path, ".local/state/tegata"),
    edit: async (change) => writeFile(settingsFile, change(await readFile(settingsFile, "utf8"))),
  };
}

async function diagnosed({ args = ["dev"], env = {} }: Provoked, home: Home) {
  const ended = await world.run(["doctor", ...args, "--json"], { env: { HOME: home.path, ...env }, limitSeconds: 60 });
  return { ...ended, steps: diagnosisIn(ended) };
}

describe("doctor", () => {
  it("finds nothing wrong where nothing is", async () => {
    const { status, steps, stderr } = await diagnosed({}, await anotherHome());
    expect(steps.filter(({ state }) => state !== "ok")).toEqual([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it.each(rows)("finds $what at $step", async ({ sandbox = [], spoil, step, code, status, message, hint }) => {
    const home = await anotherHome();
    const provoked = (await spoil?.(home)) ?? {};
    sandbox.forEach((fault) => world.sandbox.faults.set(fault));
    const { steps, ...ended } = await diagnosed(provoked, home);
    const first = steps.find(({ state }) => state === "failed");
    expect({ ...first, status: ended.status }).toMatchObject({ id: step, code, status });
    expect(first?.message).toMatch(message);
    expect(first?.hint).toMatch(hint);
    expect(ended.stderr).toBe("");
  });
  it.each(warnings)("warns of $what at $step, and fails at nothing", async ({ sandbox = [], spoil, ...row }) => {
    const home = await anotherHome();
    const provoked = (await spoil?.(home)) ?? {};
    sandbox.forEach((fault) => world.sandbox.faults.set(fault));
    const { steps, ...ended } = await diagnosed(provoked, home);
    const first = steps.find(({ state }) => state === "warning");
    expect(first?.id).toBe(row.step);
    expect(first?.message).toMatch(row.message);
    expect(first?.hint).toMatch(row.hint);
    expect(steps.filter(({ state }) => state === "failed")).toEqual([]);
    expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: "" });
  });
});

/** Seconds since the epoch. */
const inAnHour = Math.floor(Date.now() / 1000) + 3600;

describe("doctor of a token in a file", () => {
  const audience = "sts.amazonaws.com";
  let runner: WorkloadWorld;
  beforeAll(async () => {
    runner = await createWorkloadWorld({ audiences: [audience] });
  });
  afterAll(() => runner.close());

  const found = async (file: string, more: readonly string[] = []) => {
    const args = ["--idp", "workload/file", "--token-file", file, "--audience", audience, "--role-arn", deployer];
    const ended = await runner.run(["doctor", ...args, "--issuer", runner.tokenServer.issuer, ...more, "--json"]);
    const steps = diagnosisIn(ended);
    expect(steps.map(({ hint }) => hint ?? "").join("\n")).not.toMatch(/login|sign in/);
    return { status: ended.status, ...steps.find(({ state }) => state === "failed") };
  };
  const signed = async (claims: Readonly<Record<string, unknown>>) =>
    runner.write("token", await runner.tokenServer.signToken(claims));

  it("finds nothing wrong with a good one", async () => {
    expect(await found(await signed({ aud: audience }))).toEqual({ status: 0 });
  });

  it.each<[what: string, step: string, claims: Readonly<Record<string, unknown>>, code: string, message: RegExp]>([
    [
      "one that has expired",
      "platform-token",
      { aud: audience, iat: 1_700_000_000, exp: 1_700_000_600 },
      "id_token_expired",
      /ended \d+ s ago/,
    ],
    ["one for another service", "platform-token", { aud: "another" }, "id_token_invalid", /meant for "another"/],
    [
      "one of the future",
      "id-token",
      { aud: audience, iat: inAnHour, exp: inAnHour + 3600 },
      "id_token_invalid",
      /iat lies \d+ s in the future/,
    ],
  ])("finds %s at %s", async (_what, step, claims, code, message) => {
    const first = await found(await signed(claims));
    expect(first).toMatchObject({ id: step, code, status: 6 });
    expect(first.message).toMatch(message);
  });

  it("finds that there is none", async () => {
    const first = await found("/nowhere/token");
    expect(first).toMatchObject({ id: "idp", status: 3 });
    expect(first.message).toContain("/nowhere/token");
  });
});

describe.skipIf(!hasOpenssl)(
  `doctor behind a private authority${hasOpenssl ? "" : " (skipped: there is no openssl)"}`,
  () => {
    it("finds that it is not trusted, and once it is, what answers there", async () => {
      const authority = createAuthority(world.folder);
      const servers = loopbackServers();
      const port = await servers.https(authority.issue({ names: ["localhost"] }));
      const args = ["--issuer", `https://localhost:${port}`, "--client-id", "x", "--role-arn", deployer];
      const untrusted = await diagnosed({ args }, await anotherHome());
      const first = untrusted.steps.find(({ state }) => state === "failed");
      expect(first).toMatchObject({ id: "discovery", code: "idp_unreachable" });
      expect(first?.hint).toContain("AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS");
      const trusted = await diagnosed({ args, env: { AWS_CA_BUNDLE: authority.file } }, await anotherHome());
      expect(trusted.steps.find(({ state }) => state === "failed")?.message).toContain("is not an OpenID provider");
      expect(trusted.steps.find(({ id }) => id === "authorities")?.message).toContain("1 certificate in ");
      servers.close();
    });
  },
);
