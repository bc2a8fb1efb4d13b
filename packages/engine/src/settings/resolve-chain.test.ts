import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { idpAuth0 } from "@tegata/idp-auth0";
import { idpOidc } from "@tegata/idp-oidc";
import { failure, fakeMachine } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveIdp } from "./resolve-idp.ts";
import { resolveProfile } from "./resolve-profile.ts";
import { resolveRole } from "./resolve-role.ts";
import { readSettingsFile } from "./settings-file.ts";

const idps = [idpAuth0, idpOidc];
const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
});

const hub = `[idp.acme]
type = "auth0"
domain = "acme.example"
client_id = "c1"

[profile.hub]
idp = "acme"
role_arn = "${arn("Hub")}"
duration = "4h"
region = "eu-central-1"
`;
const prod = (more = "") => `${hub}
[profile.prod]
source_profile = "hub"
role_arn = "${arn("Prod")}"
${more}
`;

let base: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-chain-")));
});
afterEach(() => rm(base, { recursive: true, force: true }));

type Values = Readonly<Record<string, string>>;

async function profileOf(toml: string, name = "prod", flags: Values = {}, env: Values = {}, files: Values = {}) {
  const path = join(base, "tegata.toml");
  await writeFile(path, toml, { mode: 0o600 });
  const host = { platform: process.platform, uid: process.getuid?.() };
  const file = await readSettingsFile({ path, namedBy: undefined, idps, host });
  return resolveProfile({
    flags,
    env,
    positionalProfile: name,
    file,
    idps,
    machine: fakeMachine({ files }),
    defaults: {},
  });
}
const roleOf = async (...args: Parameters<typeof profileOf>) => resolveRole(await profileOf(...args));
const identitiesOf = async (...args: Parameters<typeof profileOf>) =>
  (await roleOf(...args)).steps.map(({ identity }) => identity);

/** The message of an error, without the folder of the test. */
async function refusalOf(
  code: "usage_invalid" | "settings_invalid" | "settings_incomplete",
  ...args: Parameters<typeof profileOf>
) {
  const { message } = await failure(roleOf(...args), code);
  return message.replaceAll(`${base}/`, "");
}

describe("a profile with a source", () => {
  it("is reached by the role of the source, then by its own", async () => {
    const { role, steps, region, dependsOnFile } = await roleOf(prod());
    expect(role.arn).toBe(arn("Prod"));
    expect(region).toBe("us-east-1");
    expect(dependsOnFile).toBe(false);
    expect(steps.map(({ identity }) => identity)).toMatchObject([
      { step: "web-identity", roleArn: arn("Hub"), durationSeconds: 14_400, region: "eu-central-1" },
      { step: "assume-role", roleArn: arn("Prod"), durationSeconds: 3600, region: "us-east-1" },
    ]);
  });

  it("begins with the same step as the source itself", async () => {
    const [first] = await identitiesOf(prod());
    expect(await identitiesOf(prod(), "hub")).toEqual([first]);
  });

  it("signs in at the identity provider of the source, with its settings", async () => {
    const idp = await resolveIdp(await profileOf(prod()));
    expect(idp).toMatchObject({
      kind: "interactive",
      name: "acme",
      settings: { domain: "acme.example", client_id: "c1" },
    });
    const other = await resolveIdp(await profileOf(prod(), "prod", { "client-id": "c2" }));
    expect(other).toMatchObject({ settings: { client_id: "c2" } });
  });

  it("has tags, external id, source identity and policies of its own, which the source has not", async () => {
    const own = `external_id = "ext-1"
source_identity = "ann@example.com"
session_tags = { Team = "platform", Cost = "a b" }
transitive_tag_keys = ["Team"]
session_policy = '${policy}'
session_policy_arns = ["ReadOnlyAccess", "arn:aws:iam::123456789012:policy/Own"]
role_session_name = "own-name"
duration = "30m"`;
    const [first, second] = await identitiesOf(prod(own));
    expect(second).toMatchObject({
      externalId: "ext-1",
      sourceIdentity: "ann@example.com",
      tags: { Team: "platform", Cost: "a b" },
      transitiveTagKeys: ["Team"],
      sessionPolicy: policy,
      sessionPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::123456789012:policy/Own"],
      roleSessionName: "own-name",
      durationSeconds: 1800,
    });
    expect(first).toMatchObject({ sessionPolicy: undefined, sessionPolicyArns: undefined, roleSessionName: undefined });
  });

  it("takes flags and variables for its own role, not for that of the source", async () => {
    const flags = {
      "role-session-name": "typed",
      duration: "15m",
      "session-policy-arn": "ReadOnlyAccess,IAMReadOnlyAccess",
    };
    const env = {
      TEGATA_SESSION_TAGS: "Team=platform,\n Cost=x=y\n",
      AWS_ROLE_ARN: arn("Other"),
      TEGATA_EXTERNAL_ID: "ext",
    };
    const [first, second] = await identitiesOf(prod(), "prod", flags, env);
    expect(first).toMatchObject({
      roleArn: arn("Hub"),
      roleSessionName: undefined,
      durationSeconds: 14_400,
      sessionPolicyArns: undefined,
    });
    expect(second).toMatchObject({
      roleSessionName: "typed",
      durationSeconds: 900,
      tags: { Team: "platform", Cost: "x=y" },
      externalId: "ext",
      sessionPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"],
    });
  });

  it("gives the source its region and endpoint where it has none of its own", async () => {
    const toml = prod().replace(`region = "eu-central-1"\n`, "");
    const flags = { region: "eu-west-3", "sts-endpoint": "https://sts.example/" };
    expect(await identitiesOf(toml, "prod", flags)).toMatchObject([
      { region: "eu-west-3", stsEndpoint: "https://sts.example/" },
      { region: "eu-west-3", stsEndpoint: "https://sts.example/" },
    ]);
    expect(await identitiesOf(prod(), "prod", flags)).toMatchObject([
      { region: "eu-central-1" },
      { region: "eu-west-3" },
    ]);
  });

  it("may be named for a run by a flag or a variable", async () => {
    const toml = prod().replace(`source_profile = "hub"\n`, "");
    expect(await identitiesOf(toml, "prod", { "source-profile": "hub" })).toHaveLength(2);
    expect(await identitiesOf(toml, "prod", {}, { TEGATA_SOURCE_PROFILE: "hub" })).toHaveLength(2);
  });

  it("may have 42 of them one behind the other", async () => {
    const links = Array.from(
      { length: 42 },
      (_, index) => `[profile.p${index + 1}]
source_profile = "${index === 0 ? "hub" : `p${index}`}"
role_arn = "${arn(`R${index + 1}`)}"
`,
    );
    const identities = await identitiesOf([hub, ...links].join("\n"), "p42");
    expect(identities).toHaveLength(43);
    expect(identities.at(-1)).toMatchObject({ roleArn: arn("R42") });
  });
});

describe("a chain that cannot be", () => {
  it.each<[string, string, string]>([
    [
      "leads back to a profile before",
      `[profile.a]\nsource_profile = "b"\n[profile.b]\nsource_profile = "c"\n[profile.c]\nsource_profile = "b"\n`,
      `tegata.toml:6:1: profile.c.source_profile "b" leads back: b → c → b`,
    ],
    [
      "is its own source",
      `[profile.a]\nsource_profile = "a"\n`,
      `tegata.toml:2:1: profile.a.source_profile "a" leads back: a → a`,
    ],
    [
      "has a source that is not there",
      `${hub}[profile.a]\nsource_profile = "hbu"\n`,
      `tegata.toml:12:1: profile.a.source_profile "hbu" is not a section [profile.NAME]; did you mean hub? (known: hub, a)`,
    ],
    [
      "names an identity provider of its own",
      `${hub}[profile.a]\nsource_profile = "hub"\nidp = "acme"\n`,
      `tegata.toml:13:1: profile.a.idp does not go with tegata.toml:12:1: profile.a.source_profile: of a chain, the first profile alone says how to sign in`,
    ],
    [
      "has a setting of an identity provider of its own",
      `${hub}[profile.a]\nsource_profile = "hub"\nclient_id = "x"\n`,
      `tegata.toml:13:1: profile.a.client_id does not go with tegata.toml:12:1: profile.a.source_profile: of a chain, the first profile alone says how to sign in`,
    ],
    [
      "lasts longer than an hour",
      `${hub}[profile.a]\nsource_profile = "hub"\nrole_arn = "${arn("A")}"\nduration = "2h"\n`,
      `tegata.toml:14:1: profile.a.duration is 7200 seconds: a role that another one assumes has 3600 (1h) at most, beside source_profile`,
    ],
    [
      "hands on a tag that it does not set",
      `${hub}[profile.a]\nsource_profile = "hub"\nrole_arn = "${arn("A")}"\nsession_tags = { Team = "x" }\ntransitive_tag_keys = ["Cost"]\n`,
      `tegata.toml:15:1: profile.a.transitive_tag_keys "Cost" is no key of session_tags`,
    ],
    [
      "has its session tags in a list",
      `${hub}[profile.a]\nsource_profile = "hub"\nrole_arn = "${arn("A")}"\nsession_tags = ["Team"]\n`,
      `tegata.toml:14:1: profile.a.session_tags is a list, and must be a table of texts, like { Team = "platform" }, with each key once`,
    ],
  ])("%s is refused at its place", async (_what, toml, message) => {
    expect(await refusalOf("settings_invalid", toml, "a")).toBe(message);
  });

  it("by a flag is refused with the flag", async () => {
    expect(await refusalOf("usage_invalid", hub, "hub", { "source-profile": "hub" })).toBe(
      `source_profile "hub" leads back: hub → hub`,
    );
    expect(await refusalOf("usage_invalid", prod(), "hub", { "source-profile": "prod" })).toMatch(
      /^source_profile does not go with .*profile\.hub\.idp: /,
    );
    expect(await refusalOf("usage_invalid", prod(), "prod", { duration: "2h" })).toMatch(/^duration is 7200 seconds/);
  });

  it("has a source without a role: the error names both profiles", async () => {
    const toml = prod().replace(`role_arn = "${arn("Hub")}"\n`, "");
    expect(await refusalOf("settings_incomplete", toml)).toBe(
      "the profile hub, by which prod is reached, has no role_arn",
    );
  });

  it.each(["external_id", "source_identity", "session_tags", "transitive_tag_keys"])(
    "has no role for %s: it stands without a source",
    async (key) => {
      const values: Values = {
        external_id: `"ext"`,
        source_identity: `"ann"`,
        session_tags: `{ Team = "x" }`,
        transitive_tag_keys: `["Team"]`,
      };
      expect(await refusalOf("settings_invalid", `${hub}${key} = ${values[key]}\n`, "hub")).toMatch(
        new RegExp(`^tegata.toml:11:1: profile.hub.${key} needs a source_profile: `),
      );
    },
  );
});

describe("session policies", () => {
  const path = "/etc/tegata/policy.json";

  it("go with the exchange of an ID token as well", async () => {
    const [only] = await identitiesOf(hub, "hub", {
      "session-policy": ` ${policy} `,
      "session-policy-arn": "ReadOnlyAccess",
    });
    expect(only).toMatchObject({
      sessionPolicy: policy,
      sessionPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    });
  });

  it("may be in a file, whose content counts", async () => {
    const toml = prod(`session_policy_file = "${path}"`);
    // Some editors of Windows begin a file with a byte order mark.
    const { steps, dependsOnFile } = await roleOf(toml, "prod", {}, {}, { [path]: `\uFEFF${policy}\n` });
    expect(steps.at(-1)?.identity).toMatchObject({ sessionPolicy: policy });
    expect(dependsOnFile).toBe(true);
  });

  it("are those of the flag, where the settings file has others", async () => {
    const toml = prod(`session_policy_file = "${path}"`);
    const { steps, dependsOnFile } = await roleOf(toml, "prod", { "session-policy": policy });
    expect(steps.at(-1)?.identity).toMatchObject({ sessionPolicy: policy });
    expect(dependsOnFile).toBe(false);
  });

  it.each<[string, string, Values, RegExp]>([
    [
      "no JSON",
      `session_policy = "ReadOnlyAccess"`,
      {},
      /profile\.prod\.session_policy "ReadOnlyAccess" must be a policy document as JSON, and is not JSON/,
    ],
    [
      "too long",
      `session_policy = '{"Statement":[{"Sid":"${"x".repeat(2100)}"}]}'`,
      {},
      /must be at most 2048 characters long without blanks/,
    ],
    [
      "in a file that is not there",
      `session_policy_file = "${path}"`,
      {},
      /session_policy_file "\/etc\/tegata\/policy\.json" is not there$/,
    ],
    [
      "in a file that is no JSON",
      `session_policy_file = "${path}"`,
      { [path]: "no" },
      /session_policy_file "\/etc\/tegata\/policy\.json" must be a policy document as JSON, and is not JSON/,
    ],
    [
      "in a file beside the current folder",
      `session_policy_file = "policy.json"`,
      {},
      /must be a whole path, or begin with ~\/$/,
    ],
    [
      "text and file",
      `session_policy = '${policy}'\nsession_policy_file = "${path}"`,
      {},
      /exclude each other: a session has one policy document$/,
    ],
    [
      "no policy's name",
      `session_policy_arns = ["a b"]`,
      {},
      /session_policy_arns "a b" is neither the ARN of a managed policy/,
    ],
    [
      "of another account",
      `session_policy_arns = ["arn:aws:iam::210987654321:policy/Own"]`,
      {},
      /is of another account than arn:aws:iam::123456789012:role\/Prod$/,
    ],
    [
      "eleven",
      `session_policy_arns = [${Array.from({ length: 11 }, () => `"ReadOnlyAccess"`).join(", ")}]`,
      {},
      /must be at most 10 policies$/,
    ],
  ])("that are %s are refused at their place", async (_what, more, files, message) => {
    const { message: text } = await failure(
      profileOf(prod(more), "prod", {}, {}, files).then(resolveRole),
      "settings_invalid",
    );
    expect(text).toMatch(message);
  });
});

describe("session tags that are typed", () => {
  it.each(["Team", "Team=x,Cost", "Team=a;b", "=x", "Team=x,Team=y", "constructor=x", "__proto__=x"])(
    "as %s are refused",
    async (typed) => {
      expect(await refusalOf("usage_invalid", prod(), "prod", { "session-tag": typed })).toMatch(
        /^session_tags .*must/,
      );
    },
  );
});
