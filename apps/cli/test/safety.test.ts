import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expectNoSecret } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBrowserStub, type BrowserStub } from "./support/browser-stub.ts";
import { createWorld, type Ended, type StoredFile, type World } from "./support/world.ts";

/**
 * One long journey with everything that talks switched on. What was written on the way is kept, and looked through for
 * every secret that the sandbox handed out.
 *
 * The user code is no secret of this kind: a person compares it, and it stands in the address of the verification page.
 * It is worth something only together with a device code, which never leaves the process.
 */
let world: World;
let browser: BrowserStub;
const stderr: string[] = [];
const silent: Ended[] = [];
const answers = new Map<string, string>();
const argumentLists: string[] = [];
let stored: readonly StoredFile[] = [];

const keep = (ended: Ended, status = 0) => {
  stderr.push(ended.stderr);
  silent.push(ended);
  mustEnd(ended, status);
};

function mustEnd(ended: Ended, status: number): void {
  if (ended.status !== status) {
    throw new Error(`ended with ${ended.status} and not with ${status}: ${ended.stderr}`);
  }
}

beforeAll(async () => {
  // Short-lived ID tokens, so that the refresh token is used as well.
  world = await createWorld({ idTokenLifetimeSeconds: 50 });
  browser = await createBrowserStub(world.folder);
  const env = { BROWSER: browser.command };
  const answer = async (...args: string[]) => {
    const ended = await world.run([...args, "--verbose"], { env });
    stderr.push(ended.stderr);
    answers.set(args[0] ?? "", ended.stdout);
    mustEnd(ended, 0);
  };

  // A login, by a browser that is started with the address, on both faces.
  for (const profile of ["dev", "plain"]) {
    const running = world.start(["login", profile, "--json", "--verbose", "--browser"], { env });
    const { args, processes } = await browser.nextStart();
    argumentLists.push(args.join(" "), processes);
    argumentLists.push(await readFile(`/proc/${running.child.pid}/cmdline`, "utf8").catch(() => ""));
    await world.sandbox.approve(args.at(-1) ?? "");
    keep(await running.ended);
  }
  await answer("credential-process", "dev");
  await answer("env", "dev", "--fresh");
  await answer("console-url", "plain");
  const console = world.start(["console", "dev", "--verbose"], { env });
  const { args, processes } = await browser.nextStart();
  argumentLists.push(args.join(" "), processes);
  await fetch(args.at(-1) ?? "", { redirect: "manual" });
  keep(await console.ended);
  keep(await world.run(["status", "--json", "--verbose"]));
  keep(await world.run(["status", "--verbose"]));
  keep(await world.run(["profiles", "--json", "--verbose"]));

  // Everything that can go wrong with an answer that holds secrets.
  const { faults } = world.sandbox;
  const withFault = async (fault: Parameters<typeof faults.set>[0], command: readonly string[], status: number) => {
    faults.set(fault);
    keep(await world.run([...command, "--verbose"], { env }), status);
    faults.clear();
  };
  const fresh = ["credential-process", "plain", "--fresh"];
  await withFault({ kind: "idToken", fault: { how: "badSignature" } }, fresh, 6);
  await withFault({ kind: "idToken", fault: { how: "claims", claims: { aud: "other" } } }, fresh, 6);
  await withFault({ kind: "stsError", code: "AccessDenied" }, fresh, 5);
  await withFault({ kind: "stsError", code: "InvalidIdentityToken" }, fresh, 6);
  await withFault({ kind: "status", area: "sts", status: 200, body: "<html>" }, fresh, 6);
  // Last, because the refresh token that it answers with is lost.
  await withFault({ kind: "patchJson", area: "token", patch: { id_token: 7 } }, fresh, 6);
  await withFault(
    { kind: "patchJson", area: "federation", patch: {}, remove: ["SigninToken"] },
    ["console-url", "dev"],
    6,
  );
  await withFault({ kind: "status", area: "federation", status: 400, body: "no" }, ["console-url", "dev"], 5);

  stored = await world.storedFiles();
  await withFault({ kind: "reset", area: "revocation" }, ["logout", "plain"], 0);
  keep(await world.run(["logout", "dev", "--verbose"]));
}, 60_000);
afterAll(async () => {
  await browser.close();
  await world.close();
});

const secrets = (...kinds: readonly string[]) =>
  world.sandbox
    .secrets()
    .filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
    .map(({ value }) => value);

it("the journey met every kind of secret that there is", () => {
  expect(new Set(world.sandbox.secrets().map(({ kind }) => kind))).toEqual(
    new Set([
      "device_code",
      "access_token",
      "refresh_token",
      "id_token",
      "secret_access_key",
      "session_token",
      "identity_context",
      "signin_token",
    ]),
  );
});

describe("no secret stands in", () => {
  it("what is said to a person, with --verbose and after every kind of error", () => {
    expect(stderr.join("").length).toBeGreaterThan(1000);
    expectNoSecret(stderr.join("\n"), secrets());
  });

  it("the stdout of a command whose output is no secret", () => {
    const text = silent.map(({ stdout }) => stdout).join("\n");
    expect(text).toContain("signed_in");
    expectNoSecret(text, secrets());
  });

  it("an output, beyond the ones that it is there for", () => {
    const neither = ["device_code", "access_token", "refresh_token", "id_token"];
    expectNoSecret(answers.get("credential-process") ?? "", secrets(...neither, "signin_token"));
    expectNoSecret(answers.get("env") ?? "", secrets(...neither, "signin_token"));
    expectNoSecret(answers.get("console-url") ?? "", secrets(...neither, "secret_access_key", "session_token"));
  });

  it("an argument list, of the program itself or of the browser that it starts", () => {
    const text = argumentLists.join("\n");
    expect(text).toContain("login");
    expect(text).toContain("console");
    expectNoSecret(text, secrets());
  });

  it("a URL or a header that a proxy on the way could log", () => {
    for (const { headers, queryParameterNames, area } of world.sandbox.requests.all()) {
      // The browser itself is sent to the console with the token: that is what the token is for.
      const allowed = area === "federation" || area === "console" || area === "pages" ? undefined : [];
      expect(allowed ?? queryParameterNames).toEqual(queryParameterNames);
      expectNoSecret(JSON.stringify(headers), secrets("device_code", "refresh_token", "id_token", "secret_access_key"));
    }
  });

  it("a file outside the folders for them", async () => {
    const entries = await readdir(world.folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const system = files.filter((path) => !path.startsWith(world.cacheDir) && !path.startsWith(world.stateDir));
    expect(system).toContain(world.settingsFile);
    for (const path of system) {
      expectNoSecret(await readFile(path, "utf8"), secrets());
    }
  });
});

const textIn = (folder: string) =>
  stored
    .filter(({ path }) => path.startsWith(folder))
    .map(({ content }) => content)
    .join("\n");

describe("what is stored on the disk", () => {
  it("can be read and written by its owner alone, and so can the folders", async () => {
    expect(stored.length).toBeGreaterThanOrEqual(4);
    expect(new Set(stored.map(({ mode }) => mode))).toEqual(new Set([0o600]));
    for (const folder of [world.cacheDir, world.stateDir]) {
      expect((await stat(folder)).mode & 0o7777).toBe(0o700);
    }
  });

  it("is no more than is needed: AWS credentials in the cache, ID and refresh token in the state folder", () => {
    const never = ["device_code", "access_token", "signin_token"];
    expectNoSecret(textIn(world.cacheDir), secrets(...never, "id_token", "refresh_token"));
    expectNoSecret(textIn(world.stateDir), secrets(...never, "secret_access_key", "session_token"));
  });

  it("is gone after logout, also where the provider could not be told", async () => {
    expect(await world.storedFiles()).toEqual([]);
  });
});
