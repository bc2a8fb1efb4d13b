import { writeFile } from "node:fs/promises";
import { idpOidc } from "@tegata/idp-oidc";
import { idpWorkload } from "@tegata/idp-workload";
import { failure, fakeMachine } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPluginPrograms } from "../src/plugin-programs/programs.ts";
import { readSettingsFile } from "../src/settings/settings-file.ts";
import { resolveIdp } from "../src/settings/resolve-idp.ts";
import { resolveProfile } from "../src/settings/resolve-profile.ts";
import { resolveTokenStore } from "../src/settings/resolve-token-store.ts";
import { profileNamed, provider, simulatedEngine } from "./support/simulated-engine.ts";
import { simulation } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
beforeEach(async () => {
  world = await simulation({ onDisk: true });
});
afterEach(() => world.close());

const settings = `${provider}${profileNamed("dev")}`;

const engineWith = async (machineSettings: string | undefined, more: Parameters<typeof simulatedEngine>[2] = {}) => {
  const { engine } = await simulatedEngine(world, settings, { positionalProfile: "dev", machineSettings, ...more });
  return engine;
};

/** Nobody verifies it here. */
const token = [
  { alg: "ES256" },
  { iss: "https://ci.example", sub: "job", aud: "sts.amazonaws.com", exp: 2 ** 31, iat: 1 },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
  .concat("c2ln")
  .join(".");

const fixed = (line: string) => `[fixed]\n${line}\n`;

const resolved = async (
  machineSettings: string,
  own: string,
  { flags = {}, env = {} }: { readonly flags?: Record<string, unknown>; readonly env?: Record<string, string> } = {},
) => {
  // Writes both files.
  await simulatedEngine(world, own, { machineSettings });
  const file = await readSettingsFile({
    path: `${world.base}/tegata.toml`,
    namedBy: undefined,
    idps: [idpOidc, idpWorkload],
    host: { platform: process.platform, uid: process.getuid?.() },
    machineFile: { path: `${world.base}/machine.toml`, owner: process.getuid?.() ?? 0 },
  });
  const profile = await resolveProfile({
    flags,
    env,
    positionalProfile: undefined,
    file,
    idps: [idpOidc, idpWorkload],
    machine: fakeMachine({ variables: { CI_TOKEN: token } }),
    defaults: { token_store: "none" },
  });
  return { idp: () => resolveIdp(profile), tokenStore: () => resolveTokenStore(profile) };
};
const programs = (machineSettings: string) =>
  simulatedEngine(world, settings, { machineSettings }).then(({ engine }) =>
    createPluginPrograms({
      system: { ...engine.system, env: { ...engine.system.env, PATH: world.base } },
      stdoutIsTerminal: false,
      version: "1.0.0",
      log: () => undefined,
      confirm: () => Promise.resolve(true),
      takenFlags: { idp: new Set(), format: new Set() },
    }),
  );

describe("issuers that the administrator has fixed", () => {
  const other = fixed('issuers = ["https://id.acme.com"]');

  it("let a run go on at one of them, with a slash at its end or without", async () => {
    await world.keepSignIn("ann");
    const engine = await engineWith(fixed('issuers = ["https://id.acme.com", "https://idp.example/"]'));
    expect((await engine.credentials()).credentials.accessKeyId).toBe("ASIAann1");
  });

  it("refuse any other before anything is sent, and stored credentials of it as well", async () => {
    await world.keepSignIn("ann");
    await (await engineWith(undefined)).credentials();
    const before = { ...world.counts };
    const engine = await engineWith(other);
    const error = await failure(engine.credentials(), "settings_invalid");
    expect(error.message).toContain(
      `the issuer "https://idp.example" is not one of those that the administrator of this machine allows (${world.base}/machine.toml:2:1: fixed.issuers)`,
    );
    expect(error.hint).toContain("https://id.acme.com");
    await failure(
      engine.signIn({ choose: () => Promise.resolve(world.personWho("ann")), warn: () => undefined }),
      "settings_invalid",
    );
    expect(world.counts).toEqual(before);
  });

  it("refuse it where an issuer is discovered that no setting names", async () => {
    const { ports } = await engineWith(other);
    await failure(ports.admitIssuer?.("https://idp.example") ?? Promise.resolve(), "settings_invalid");
    await expect(ports.admitIssuer?.("https://id.acme.com/")).resolves.toBeUndefined();
  });

  it.each([
    ["a flag", { flags: { issuer: "https://idp.example", "client-id": "x" } }],
    ["a variable", { variables: { TEGATA_ISSUER: "https://idp.example", TEGATA_CLIENT_ID: "x" } }],
    [
      "a client that signs in by itself",
      {
        flags: {
          issuer: "https://idp.example",
          "client-id": "x",
          flow: "client-credentials",
          "client-secret-variable": "S",
        },
      },
    ],
  ])("refuse it by %s", async (_how, more) => {
    const { engine } = await simulatedEngine(world, '[profile.dev]\nrole_arn = "arn:aws:iam::123456789012:role/x"\n', {
      machineSettings: other,
      idps: [idpOidc],
      ...more,
    });
    await failure(engine.credentials(), "settings_invalid");
    expect(world.counts).toEqual({ token: 0, sts: 0, revoke: 0 });
  });
});

describe("domains of accounts that the administrator has fixed", () => {
  it("let in a person of one of them", async () => {
    const engine = await engineWith(fixed('account_domains = ["acme.com", "Example.com"]'));
    await engine.signIn({ choose: () => Promise.resolve(world.personWho("ann")), warn: () => undefined });
    expect((await engine.credentials()).credentials.accessKeyId).toMatch(/^ASIAann/);
  });

  it("keep out any other, of whom nothing is stored", async () => {
    const engine = await engineWith(fixed('account_domains = ["acme.com"]'));
    const error = await failure(
      engine.signIn({ choose: () => Promise.resolve(world.personWho("eve")), warn: () => undefined }),
      "id_token_wrong_account",
    );
    expect(error.message).toBe(
      'the identity provider must sign in an e-mail address of "acme.com" on this machine, and it signed in "eve@example.com"',
    );
    expect(world.counts.sts).toBe(0);
    await failure(engine.credentials(), "sign_in_required");
  });

  it("leave aside a sign-in and credentials that were stored before", async () => {
    await world.keepSignIn("eve");
    await (await engineWith(undefined)).credentials();
    const engine = await engineWith(fixed('account_domains = ["acme.com"]'));
    await failure(engine.credentials(), "sign_in_required");
  });
});

describe("a flow and a token store that the administrator has fixed", () => {
  const corp = '[idp.corp]\ntype = "oidc"\nissuer = "https://idp.example"\nclient_id = "x"\n';
  const machine = fixed('flow = "browser"\ntoken_store = "keyring"');

  it("count where nobody says anything, over a default of the program too", async () => {
    const { idp, tokenStore } = await resolved(machine, `${corp}[profile.dev]\nidp = "corp"\n`);
    expect([await idp(), await tokenStore()]).toMatchObject([{ flows: ["browser"] }, "keyring"]);
  });

  it("may be said again as they are", async () => {
    const own = `${corp}flow = "browser"\n[profile.dev]\nidp = "corp"\ntoken_store = "keyring"\n`;
    const { idp, tokenStore } = await resolved(machine, own, { flags: { flow: "browser" } });
    expect([await idp(), await tokenStore()]).toMatchObject([{ flows: ["browser"] }, "keyring"]);
  });

  it.each([
    ["a flag", "", { flags: { flow: "device", "token-store": "file" } }, "usage_invalid"],
    ["a variable", "", { env: { TEGATA_FLOW: "device", TEGATA_TOKEN_STORE: "file" } }, "usage_invalid"],
    ["a profile", 'flow = "device"\ntoken_store = "file"\n', {}, "settings_invalid"],
  ] as const)(
    "are an error where %s says something else, which names the machine's file",
    async (_how, lines, more, code) => {
      const own = `${corp}[profile.dev]\nidp = "corp"\n${lines}`;
      const { idp, tokenStore } = await resolved(machine, own, more);
      const [flow, store] = [await failure(idp(), code), await failure(tokenStore(), code)];
      expect(flow.message).toContain(
        `is "device", but the administrator of this machine has fixed "browser" (${world.base}/machine.toml:2:1: fixed.flow)`,
      );
      expect(store.message).toContain(`fixed "keyring" (${world.base}/machine.toml:3:1: fixed.token_store)`);
      expect(flow.hint).toMatch(/^(leave it out|unset it|take it out of .*), or ask the administrator$/);
    },
  );

  it("are an error where a section of a provider says another flow", async () => {
    const { idp } = await resolved(machine, `${corp}flow = "device"\n[profile.dev]\nidp = "corp"\n`);
    expect((await failure(idp(), "settings_invalid")).message).toContain("tegata.toml:5:1: idp.corp.flow");
  });

  it.each([
    ['flow = "browser"', "comes by no flow", "fixed.flow"],
    ['flow = "client-credentials"', "comes by no flow", "fixed.flow"],
    ['account_domains = ["acme.com"]', "has no e-mail address", "fixed.account_domains"],
  ])("let no token of a job be a way around them: %s", async (line, why, name) => {
    const own = '[profile.dev]\nidp = "workload"\ntoken_variable = "CI_TOKEN"\n';
    const { idp } = await resolved(fixed(line), own);
    const { message } = await failure(idp(), "settings_invalid");
    expect([message, message]).toEqual([expect.stringContaining(why), expect.stringContaining(name)]);
  });

  it("let a client sign in by itself where that is the flow, and not where a person of a domain has to", async () => {
    const own = `${corp}client_secret_variable = "S"\n[profile.dev]\nidp = "corp"\n`;
    const { idp } = await resolved(fixed('flow = "client-credentials"'), own);
    expect(await idp()).toMatchObject({ kind: "workload" });
    const both = await resolved(fixed('flow = "client-credentials"\naccount_domains = ["acme.com"]'), own);
    await failure(both.idp(), "settings_invalid");
  });
});

describe("plugins that are programs, which the administrator has turned off,", () => {
  it.each(["idp", "format"] as const)("are not started, no matter who trusts them: %s", async (kind) => {
    await writeFile(`${world.base}/tegata-${kind}-acme`, "#!/bin/sh\ntouch started\n", { mode: 0o700 });
    const off = await programs(fixed("plugin_programs = false"));
    const open = kind === "idp" ? off.idp("acme", true) : off.format("acme");
    const error = await failure(open, "plugin_untrusted");
    expect(error.message).toContain(`${world.base}/machine.toml: fixed.plugin_programs`);
    const program = await off.locate(kind, "acme");
    expect(program).toBeDefined();
    if (program !== undefined) {
      await failure(off.describe(program), "plugin_untrusted");
    }
  });

  it("are not looked up where the machine's file cannot be understood: nobody knows what it fixes", async () => {
    await writeFile(`${world.base}/tegata-idp-acme`, "#!/bin/sh\n", { mode: 0o700 });
    await failure((await programs("[fixed")).idp("acme", true), "settings_syntax");
    await failure((await programs('[fixed]\nplugin_programs = "no"\n')).idp("acme", true), "settings_invalid");
  });
});
