import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expectNoSecret } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rulesOf } from "./support/checked-rules.ts";
import { need } from "./support/needs.ts";
import { createProgramFolder, type ProgramFolder } from "./support/plugin-programs.ts";
import { endIdToken, onlySession } from "./support/records.ts";
import { createWorld, type World } from "./support/world.ts";

const examplePath = fileURLToPath(new URL("../../../examples/plugins/tegata-idp-browser", import.meta.url));

let world: World;
let on: ProgramFolder;
let example: string;
beforeAll(async () => {
  example = await readFile(examplePath, "utf8");
  world = await createWorld();
  on = await createProgramFolder(world);
});
afterAll(() => world.close());

const check = (path: string) => world.run(["plugins", "check", path, "--json"], { limitSeconds: 100 });

/** The example with its mistakes. */
function spoiled(...changes: readonly (readonly [was: string, is: string])[]): string {
  return changes.reduce((text, [was, is]) => {
    expect(text, "the example has changed").toContain(was);
    return text.replaceAll(was, is);
  }, example);
}

describe("the example in Python that signs in by the browser", () => {
  it("keeps every rule", async (context) => {
    need("python3", context);
    const ended = await check(examplePath);
    expect({ ...rulesOf(ended), status: ended.status }).toEqual({
      status: 0,
      broken: [],
      reasons: [],
      skipped: [expect.stringMatching(/without asking anybody$/)],
      ok: 24,
    });
  }, 120_000);

  it("signs in at a real provider, renews, and signs out there", async (context) => {
    need("python3", context);
    await on.put("tegata-idp-browser", example);
    const { sandbox } = world;
    const home = await world.anotherHome();
    const env = { ...on.env, ...home };
    const stateDir = join(home.HOME, ".local/state/tegata");
    await world.writeSettings(
      `[idp.python]
type = "browser"
issuer = "${sandbox.oidc.issuer}"
client_id = "${sandbox.oidc.clientId}"

[profile.python]
idp = "python"
role_arn = "${sandbox.roles.developer}"
region = "us-east-1"
sts_endpoint = "${sandbox.sts.endpoint}"
`,
      join(home.HOME, ".config/tegata/tegata.toml"),
    );
    expect((await world.run(["plugins", "trust", "browser"], { env })).status).toBe(0);
    const login = world.start(["login", "python"], { env });
    const [, url = ""] = await login.stderrMatching(/^tegata: open (\S+)\n/m);
    expect(new URL(url).searchParams.get("code_challenge_method")).toBe("S256");
    expect((await sandbox.browse(url)).html).toContain("You can close this tab");
    const { status, stderr } = await login.ended;
    expect(status).toBe(0);
    expect(stderr).toMatch(/signed in as ann@example\.com; credentials for Developer in 123456789012/);
    const { record } = await onlySession(stateDir);
    expect(record.refreshToken).toBeDefined();
    await endIdToken(stateDir);
    const renewed = await world.run(["credential-process", "python", "--fresh"], { env });
    expect(renewed).toMatchObject({ status: 0, stderr: "" });
    const { stderr: said } = await world.run(["logout", "python"], { env });
    expect(said).toBe("tegata: signed out of python\n");
    expect(sandbox.requests.count("revocation")).toBe(1);
    expectNoSecret(
      [stderr, said].join("\n"),
      sandbox.secrets().map(({ value }) => value),
    );
  }, 60_000);
});

const challenge = `"code_challenge": challenge, "code_challenge_method": "S256",`;
const redeem = `    status, tokens = ask(provider["token_endpoint"], {`;

describe("tegata plugins check finds a program that signs in by the browser and", () => {
  it.concurrent.each<[string, readonly (readonly [string, string])[], RegExp]>([
    ["leaves out PKCE", [[challenge, ""]], /^asks for it with PKCE by S256.*: its code_challenge_method is not S256$/],
    [
      "hands its verifier to everybody who sees the address",
      [[challenge, `"code_challenge": verifier, "code_challenge_method": "plain",`]],
      /^asks for it with PKCE by S256.*: its code_challenge_method is not S256$/,
    ],
    [
      "takes an answer with another state",
      [[`if not secrets.compare_digest(answer.get("state", "").encode(), self.server.state.encode()):`, "if False:"]],
      /^refuses what has another state.*: it answers it with HTTP 200$/,
    ],
    [
      "ends at an answer with another state",
      [
        [
          `return self.page(400, "This is not the answer to the sign-in that is under way, which goes on.")`,
          `return self.page(400, "no") or self.server.answers.put({"error": "access_denied"})`,
        ],
      ],
      /^refuses what has another state.*: it ends there$/,
    ],
    [
      "has one nonce for all",
      [
        [
          "verifier, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)",
          "verifier, nonce = secrets.token_urlsafe(32), 'n' * 43",
        ],
      ],
      /^asks for it with PKCE.*: it sends the same nonce again$/,
    ],
    [
      "has a state that can be guessed",
      [
        [
          "server.state, server.answers = secrets.token_urlsafe(32),",
          "server.state, server.answers = secrets.token_hex(4),",
        ],
      ],
      /^asks for it with PKCE.*: its state is too short to be random: 8 characters$/,
    ],
    [
      "does not look at the nonce",
      [["    give(tokens, nonce)", "    give(tokens)"]],
      /^gives no ID token that has another nonce: it succeeds$/,
    ],
    [
      "sends the code twice",
      [
        [
          redeem,
          `    ask(provider["token_endpoint"], {
        "grant_type": "authorization_code", "client_id": settings["client_id"], "redirect_uri": redirect,
        "code": answer["code"], "code_verifier": "x" * 43,
    })
${redeem}`,
        ],
      ],
      /^sends the code once.*: it sends it 2 times$/,
    ],
    [
      "takes the code of another issuer",
      [["and (must_say or issuer is not None)", "and False"]],
      /^sends no code that comes in an answer of another issuer: it sends it$/,
    ],
    [
      "waits on every network",
      [[`ThreadingHTTPServer(("127.0.0.1", 0)`, `ThreadingHTTPServer(("0.0.0.0", 0)`]],
      /^waits where only this machine reaches it: its port is open at \S+, too$/,
    ],
    [
      "shows the answer in its page",
      [['You can close this tab.")', 'You can close this tab." + url.query)']],
      /^shows the browser a page, with neither code nor state in it: one stands there$/,
    ],
    [
      "says that the person denied what the person allowed",
      [[`fail("sign_in_denied", "the sign-in was denied in the browser")`, `fail("idp_rejected", "no")`]],
      /^fails with sign_in_denied when the person denies it in the browser: its error has the code idp_rejected$/,
    ],
    [
      "asks by the device grant",
      [
        [
          `say("prompt", kind="browser", authorizationUri=page, redirectUri=redirect,`,
          `say("prompt", verificationUri=page, userCode="AAAA",`,
        ],
      ],
      /^gives an ID token that holds, once the person signs in by the browser: it asks by the flow device, and the person has chosen browser$/,
    ],
  ])(
    "%s",
    async (name, changes, broken) => {
      const folder = `spoiled-${name.replaceAll(/\W+/g, "-")}`;
      await mkdir(join(on.folder, folder));
      const path = await on.put(join(folder, "tegata-idp-browser"), spoiled(...changes));
      const ended = await check(path);
      expect(ended.status).toBe(5);
      expect(rulesOf(ended).reasons).toContainEqual(expect.stringMatching(broken));
    },
    120_000,
  );
});
