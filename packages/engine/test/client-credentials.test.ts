import { idpOidc } from "@tegata/idp-oidc";
import { failure, fakeMachine } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveIdp } from "../src/settings/resolve-idp.ts";
import { resolveProfile } from "../src/settings/resolve-profile.ts";
import type { ResolvedIdp } from "../src/settings/resolved.ts";
import { emptySettings } from "../src/settings/settings-file.ts";
import { clientSecret, simulation } from "./support/simulation.ts";

const variable = "ROBOT_SECRET";
const machineWith = (secret: string) => fakeMachine({ variables: { [variable]: secret } });

let world: Awaited<ReturnType<typeof simulation>>;
let client: ResolvedIdp;
beforeEach(async () => {
  world = await simulation();
  client = await clientOf();
});
afterEach(() => world.close());

/** As the settings name it, so that it is the flow that a person sets and nothing besides. */
async function clientOf(flags: Readonly<Record<string, string>> = {}): Promise<ResolvedIdp> {
  const profile = await resolveProfile({
    flags: {
      idp: "oidc",
      issuer: "https://idp.example",
      "client-id": "tegata",
      flow: "client-credentials",
      "client-secret-variable": variable,
      ...flags,
    },
    env: {},
    positionalProfile: undefined,
    file: emptySettings(undefined),
    idps: [idpOidc],
    machine: machineWith(clientSecret),
    defaults: {},
  });
  return resolveIdp(profile);
}

const processWith = (secret: string) => world.newProcess(() => ({ machine: machineWith(secret) }));
const obtain = (more: { readonly fresh?: boolean; readonly chain?: readonly string[] } = {}) =>
  processWith(clientSecret).obtain({ idp: client, ...more });

describe("flow = client-credentials", () => {
  it("is no sign-in of a person: its credentials are the client's, and nothing of it but them is stored", async () => {
    const { credentials, subject } = await obtain();
    expect([credentials.accessKeyId, subject]).toEqual(["ASIAtegata1", "tegata"]);
    expect(world.asked).toEqual([]);
    const { cache, sessions } = processWith(clientSecret).context;
    expect(await sessions.halfKeys()).toEqual([]);
    expect((await cache.list()).map(({ subject: whose }) => whose)).toEqual(["tegata"]);
  });

  it("sends one request for a token and one to STS, no matter how many processes want the credentials", async () => {
    const records = await Promise.all(Array.from({ length: 20 }, () => obtain()));
    expect(new Set(records.map(({ credentials }) => credentials.accessKeyId))).toEqual(new Set(["ASIAtegata1"]));
    expect(world.counts).toEqual({ token: 1, sts: 1, revoke: 0 });
  });

  it("sends one of each again when many processes meet the end of the credentials", async () => {
    await obtain();
    await world.pass(3_600_001);
    const records = await Promise.all(Array.from({ length: 20 }, () => obtain()));
    expect(new Set(records.map(({ credentials }) => credentials.accessKeyId))).toEqual(new Set(["ASIAtegata2"]));
    expect(world.counts).toEqual({ token: 2, sts: 2, revoke: 0 });
  });

  it("is asked for once by many processes that want different chains from it", async () => {
    await Promise.all(["Prod", "Audit", "Prod", "Audit"].map((role) => obtain({ chain: [role] })));
    expect(world.counts).toEqual({ token: 1, sts: 1, revoke: 0 });
    expect(world.chained.toSorted()).toEqual(["Audit by ASIAtegata1", "Prod by ASIAtegata1"]);
  });

  it("ends with its own refusal in each of many processes, sent by none of them more than once, and stores nothing", async () => {
    const runs = Array.from({ length: 5 }, () => processWith("wrong").obtain({ idp: client }));
    const errors = await Promise.all(runs.map((run) => failure(run, "idp_client_rejected")));
    for (const { message, hint } of errors) {
      expect(`${message} ${hint ?? ""}`).not.toMatch(/wrong|sign in again|tegata login/);
    }
    expect(world.counts).toEqual({ token: 5, sts: 0, revoke: 0 });
    expect(await world.kept()).toEqual([]);
    // And the next one with the right secret needs to wait for nobody.
    expect((await obtain()).credentials.accessKeyId).toBe("ASIAtegata1");
  });

  it("is refused before a request where its secret is not there", async () => {
    await failure(processWith("").obtain({ idp: client }), "client_credential_invalid");
    expect(world.counts).toEqual({ token: 0, sts: 0, revoke: 0 });
  });

  it("hands out what still lives where the client is refused, and no longer than that", async () => {
    const old = await obtain();
    await world.pass(50 * 60_000);
    world.fail("token", "unauthorized_client");
    expect(await obtain()).toEqual(old);
    await world.pass(10 * 60_000);
    world.fail("token", "unauthorized_client");
    await failure(obtain(), "idp_grant_disabled");
  });

  it("shares its credentials with no other place of its secret", async () => {
    await obtain();
    const other = await clientOf({ "client-secret-variable": "OTHER_SECRET" });
    const machine = fakeMachine({ variables: { OTHER_SECRET: clientSecret } });
    const { credentials } = await world.newProcess(() => ({ machine })).obtain({ idp: other });
    expect(credentials.accessKeyId).toBe("ASIAtegata2");
  });
});
