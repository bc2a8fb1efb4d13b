import { commandOfRun, defineIdp, hint, inWords, plainVocabulary, TegataError } from "@tegata/core";
import { failure } from "@tegata/testkit";
import { afterEach, describe, expect, it } from "vitest";
import * as v from "valibot";
import type { AskPerson } from "../src/verbs/credentials.ts";
import { profileNamed, provider, simulatedEngine } from "./support/simulated-engine.ts";
import { simulation } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
afterEach(() => world.close());

const settings = `${provider}${profileNamed("dev")}`;

const engineOfDev = async (more: Parameters<typeof simulatedEngine>[2] = {}) =>
  simulatedEngine(world, settings, { positionalProfile: "dev", ...more });

const asking = (subject: string, warned: string[] = []): AskPerson => ({
  choose: () => Promise.resolve(world.personWho(subject)),
  warn: (line) => warned.push(inWords(line, plainVocabulary)),
});

const refuseToAsk = () =>
  Promise.reject(new TegataError("usage_invalid", "there is no terminal", { hint: hint`${commandOfRun("login")}` }));

const startRenewing = async () => {
  world = await simulation({ onDisk: true, idTokenSeconds: 30 });
  await world.keepSignIn("ann");
  const { engine } = await engineOfDev();
  const failures: { readonly code: unknown; readonly isAlive: boolean }[] = [];
  const { current, end } = engine.renewing(await engine.credentials(), (error, isAlive) => {
    failures.push({ code: error instanceof TegataError ? error.code : undefined, isAlive });
  });
  return { current, end, failures };
};

const storeOutputAfter = async (before: () => Promise<unknown>) => {
  world = await simulation({ onDisk: true });
  await world.keepSignIn("ann");
  const { engine } = await engineOfDev();
  const obtained = await engine.credentials();
  await before();
  await engine.storeOutput(obtained, `${world.base}/cache/${"a".repeat(16)}.output`, ({ path, bytes }) =>
    new TextEncoder().encode(`${path} ${bytes}`),
  );
  return (await world.kept()).filter((name) => name.endsWith(".output"));
};

describe("credentials", () => {
  it("come with the role, the region and the choice that a shell is set up with", async () => {
    world = await simulation({ onDisk: true });
    await world.keepSignIn("ann");
    const { engine } = await engineOfDev();
    expect(await engine.credentials()).toMatchObject({
      credentials: { accessKeyId: "ASIAann1" },
      profile: "dev",
      idpKind: "interactive",
      role: { arn: "arn:aws:iam::123456789012:role/dev" },
      region: "us-east-1",
      chosenRegion: "us-east-1",
      choice: { TEGATA_PROFILE: "dev" },
      ignoresAwsProfile: false,
    });
  });

  it("are the stored ones the second time, and others with `fresh`", async () => {
    world = await simulation({ onDisk: true });
    await world.keepSignIn("ann");
    const { engine } = await engineOfDev();
    const keyOf = async (fresh: boolean) => (await engine.credentials({ fresh })).credentials.accessKeyId;
    const first = await keyOf(false);
    await world.pass(1);
    expect([await keyOf(false), await keyOf(true)]).toEqual([first, "ASIAann2"]);
  });

  it("need a sign-in where the surface does not say how a person is asked", async () => {
    world = await simulation({ onDisk: true });
    const { engine } = await engineOfDev();
    await expect(engine.credentials()).rejects.toMatchObject({ code: "sign_in_required" });
    expect(world.asked).toEqual([]);
  });

  it("have an error of the surface name commands about this run", async () => {
    world = await simulation({ onDisk: true });
    const { engine } = await engineOfDev({ flags: { region: "eu-central-1" } });
    const error = await failure(
      engine.credentials({ askPerson: { choose: refuseToAsk, warn: () => undefined } }),
      "usage_invalid",
    );
    expect(error.wording.hint?.[0]?.words).toMatchObject([
      { words: ["login"], run: { profile: "dev", settings: { region: "eu-central-1" } } },
    ]);
  });

  it("are got by asking a person where it does", async () => {
    world = await simulation({ onDisk: true });
    const { engine } = await engineOfDev();
    await engine.credentials({ askPerson: asking("ann") });
    expect(world.asked).toEqual(["ann"]);
  });
});

describe("what is made of credentials", () => {
  it("is made again with those of the person who has signed in meanwhile", async () => {
    world = await simulation({ onDisk: true });
    await world.keepSignIn("ann");
    const { engine } = await engineOfDev();
    const seen: string[] = [];
    const { value } = await engine.withCredentials({}, async ({ credentials }) => {
      seen.push(credentials.accessKeyId);
      if (seen.length === 1) {
        await world.signIn("bob");
      }
      return credentials.accessKeyId;
    });
    expect([value, seen]).toEqual(["ASIAbob2", ["ASIAann1", "ASIAbob2"]]);
  });

  it("is obtained to nobody where the person has signed out meanwhile", async () => {
    world = await simulation({ onDisk: true });
    await world.keepSignIn("ann");
    const { engine } = await engineOfDev();
    const made = engine.withCredentials({}, () => world.signOut());
    await expect(made).rejects.toMatchObject({ code: "sign_in_required" });
  });
});

describe("credentials that are renewed", () => {
  it("are the first ones while those are fresh, and then others", async () => {
    const { current } = await startRenewing();
    expect((await current()).accessKeyId).toBe("ASIAann1");
    await world.pass(61 * 60_000);
    expect((await current()).accessKeyId).toBe("ASIAann2");
  });

  it("are not there after a sign-out, which is told once", async () => {
    const { current, failures } = await startRenewing();
    await world.signOut();
    await expect(current()).rejects.toMatchObject({ code: "sign_in_required" });
    await expect(current()).rejects.toMatchObject({ code: "sign_in_required" });
    expect(failures).toEqual([{ code: "sign_in_required", isAlive: true }]);
  });

  it("are never those of somebody else who signs in", async () => {
    const { current, failures } = await startRenewing();
    await world.signIn("bob");
    await expect(current()).rejects.toThrow("someone else has signed in");
    expect(failures).toHaveLength(1);
  });

  it("come no more once they have ended", async () => {
    const { current, end } = await startRenewing();
    await world.pass(61 * 60_000);
    end();
    await expect(current()).rejects.toBeDefined();
    expect(world.counts.sts).toBe(1);
  });
});

describe("a sign-in", () => {
  it("tells who has signed in, and until when the credentials live", async () => {
    world = await simulation({ onDisk: true });
    await world.keepSignIn("bob");
    const { engine } = await engineOfDev();
    const signedIn = await engine.signIn(asking("ann"));
    expect(signedIn).toMatchObject({
      profile: "dev",
      issuer: "https://idp.example",
      subject: "ann",
      email: "ann@example.com",
      role: { roleName: "dev" },
    });
    expect(signedIn.credentials?.expiration).toMatch(/^2030-01-01T01:00:/);
    expect((await engine.credentials()).credentials.accessKeyId).toBe("ASIAann1");
  });

  it("is one without credentials where no role is named", async () => {
    world = await simulation({ onDisk: true });
    const { engine } = await simulatedEngine(world, `${provider}[profile.dev]\nidp = "corp"\ntoken_store = "file"\n`);
    expect(await engine.signIn(asking("ann"))).toMatchObject({ role: undefined, credentials: undefined });
    expect(world.counts.sts).toBe(0);
  });
});

describe("a failure that nobody sees", () => {
  it("is in the status until something goes well", async () => {
    world = await simulation({ onDisk: true });
    const { engine } = await engineOfDev();
    const lastFailure = async () => (await engine.status()).profiles[0]?.lastFailure?.code;
    await expect(engine.recordFailure(() => engine.credentials())).rejects.toMatchObject({ code: "sign_in_required" });
    expect(await lastFailure()).toBe("sign_in_required");
    await world.keepSignIn("ann");
    await engine.recordFailure(() => engine.credentials());
    expect(await lastFailure()).toBeUndefined();
  });

  it.each([
    ["tty", ["sign_in_required"]],
    ["stderr", []],
  ])("is shown on the terminal where the setting `hint` says so: %s", async (setting, shown) => {
    world = await simulation({ onDisk: true });
    const { engine } = await engineOfDev({ flags: { hint: setting } });
    const codes: string[] = [];
    const run = engine.recordFailure(
      () => engine.credentials(),
      (error) => codes.push(error instanceof TegataError ? error.code : "another"),
    );
    await failure(run, "sign_in_required");
    expect(codes).toEqual(shown);
  });
});

describe("an output of credentials", () => {
  it("is stored while its credentials are, and deleted with them", async () => {
    expect(await storeOutputAfter(() => Promise.resolve())).toHaveLength(1);
    await world.signOut();
    expect((await world.kept()).filter((name) => name.endsWith(".output"))).toEqual([]);
  });

  it.each(["signOut", "signIn"] as const)("is not stored after somebody else's %s", async (verb) => {
    expect(await storeOutputAfter(() => (verb === "signOut" ? world.signOut() : world.signIn("bob")))).toEqual([]);
  });
});

describe("a run without a home", () => {
  it("reads no settings file, and stores nothing", async () => {
    world = await simulation({ onDisk: true });
    const concealed: string[] = [];
    const resolved = world.workload("job");
    const platform = defineIdp({
      kind: "workload",
      id: "platform",
      summary: "a platform that vouches for its jobs",
      settings: v.strictObject({}),
      find: () => Promise.resolve(resolved.identity),
    });
    const { engine } = await simulatedEngine(world, "no = settings", {
      hasHome: false,
      idps: [platform],
      flags: { idp: "platform", "role-arn": "arn:aws:iam::123456789012:role/dev" },
      notify: {
        say: () => undefined,
        warn: () => undefined,
        log: () => undefined,
        conceal: async (secret) => {
          concealed.push(secret);
        },
      },
    });
    expect(await engine.role()).toMatchObject({ idpKind: "workload", role: { roleName: "dev" }, profile: undefined });
    expect((await engine.credentials()).credentials.accessKeyId).toBe("ASIAjob1");
    expect(concealed).toHaveLength(1);
    expect(concealed[0]).toMatch(/^eyJ/);
    expect(await world.kept()).toEqual([]);
  });
});

describe("the profiles", () => {
  it("are those of the file, with the one that a run without a name is about", async () => {
    world = await simulation({ onDisk: true });
    const { engine } = await simulatedEngine(world, `default_profile = "prod"\n${settings}${profileNamed("prod")}`);
    const { profiles } = await engine.profiles();
    expect(profiles).toMatchObject([
      { name: "dev", idp: "corp", isDefault: false, isChosen: false },
      { name: "prod", roleArn: "arn:aws:iam::123456789012:role/prod", isDefault: true, isChosen: true },
    ]);
  });
});

describe("an engine", () => {
  it("has its verbs and its ports, and shows no store, no lock and no session", async () => {
    world = await simulation({ onDisk: true });
    const { engine } = await engineOfDev();
    const obtained = ["notify", "ports", "system"];
    const verbs = ["credentials", "forget", "forgetAll", "profile", "profiles", "recordFailure", "renewing", "role"];
    const others = ["diagnose", "settingsFile", "signIn", "status", "stillSignedIn", "storeOutput", "withCredentials"];
    const choosing = ["identity", "lastChoices", "openChoice", "provider", "rememberChoice", "roles"];
    const telling = ["configured", "effectiveSettings", "signedInFor", "tokenAtHand", "whoAmI"];
    const writing = ["changeSettings", "ownSettings", "planSettings", "settingsText"];
    const ofTeam = ["fetchTeam", "keepTeam", "teamAtHand"];
    const ofAwsConfig = [
      "awsConfigBlock",
      "awsConfigBlockState",
      "changeAwsConfig",
      "checkRolePattern",
      "planAwsConfig",
    ];
    const all = [obtained, verbs, others, choosing, telling, writing, ofTeam, ofAwsConfig].flat();
    expect(Object.keys(engine).toSorted()).toEqual(all.toSorted());
  });
});
