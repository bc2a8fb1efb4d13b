import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expectNoSecret } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createProgramFolder,
  type ProgramFolder,
  say,
  shellFormat,
  shellIdp,
  shellWord,
} from "./support/plugin-programs.ts";
import { onlySession } from "./support/records.ts";
import { expectClean, expectRefusal, type Refusal } from "./support/refusal.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
let on: ProgramFolder;
let tokens: { readonly plain: string; readonly dev: string };
beforeAll(async () => {
  world = await createWorld();
  on = await createProgramFolder(world);
  const elsewhere = await world.anotherHome();
  await Promise.all([world.signIn("plain"), world.signIn("dev", { env: elsewhere })]);
  const [plain, dev] = await Promise.all([
    onlySession(world.stateDir),
    onlySession(join(elsewhere.HOME, ".local/state/tegata")),
  ]);
  tokens = { plain: plain.record.idToken ?? "", dev: dev.record.idToken ?? "" };
});
afterAll(() => world.close());

const modes = {
  garbage: "echo not json",
  silence: ":",
  "half an event": `printf '{"event":"output","te'`,
  "dies half way": `printf '{"event":'; kill -9 $$`,
  "fails after its output": `${say({ event: "output", text: "credentials\n" })}; exit 1`,
  "floods stdout": `exec yes ${shellWord('{"event":"log","message":"again"}')}`,
  "floods stderr": "exec yes >&2",
  "a newer version": say({ event: "answer_in_the_manner_of_2030", text: "x" }),
  "an escape sequence": say({ event: "output", text: "\u001b[2J\n" }),
  "an error with an escape sequence": `${say({ event: "error", message: "no \u001b[2Jway\u202e" })}; exit 1`,
  "a secret in its error": `key=$(printf '%s' "$request" | sed 's/.*"secretAccessKey":"\\([^"]*\\)".*/\\1/')
    printf '{"event":"error","message":"bad key %s"}\\n' "$key"`,
  "a secret on stderr": `printf '%s\\n' "$request" >&2; exit 1`,
  "too much": `printf '{"event":"output","text":"'; head -c 1100000 /dev/zero | tr '\\0' x; printf '"}\\n'`,
  "a child that keeps the pipe": `${say({ event: "output", text: "x\n" })}; sleep 60 & exit 0`,
  "deaf to SIGTERM": `trap '' TERM; ${say({ event: "output", text: "x\n" })}; while :; do sleep 1; done`,
} as const;

const failed = (error: string | RegExp): Refusal => ({
  status: 3,
  error,
  hint: "tegata plugins check bad",
});

describe("a format that misbehaves ends in an error with its name:", () => {
  beforeAll(async () => {
    const cases = Object.entries(modes).map(([mode, does]) => `*'"mode":"${mode}"'*) ${does} ;;`);
    const mode = { type: "string", enum: Object.keys(modes), description: "how it misbehaves" };
    const options = { properties: { mode }, required: ["mode"] };
    await on.putTrusted(
      "tegata-format-bad",
      shellFormat("bad", `case $request in ${cases.join("\n")} esac`, { options }),
    );
  });

  it.concurrent.each<[keyof typeof modes, Refusal]>([
    ["garbage", failed("tegata-format-bad answers what is not JSON")],
    ["silence", failed("tegata-format-bad ended without a response")],
    ["half an event", failed("tegata-format-bad answers what is not JSON")],
    ["dies half way", failed(/^tegata-format-bad (answers what is not JSON|ended with SIGKILL)$/)],
    ["fails after its output", failed("tegata-format-bad ended with 1")],
    ["floods stdout", failed("tegata-format-bad wrote more than 2097152 bytes to stdout")],
    ["floods stderr", failed("tegata-format-bad wrote more than 1048576 bytes to stderr")],
    [
      "a newer version",
      failed('tegata-format-bad answers "answer_in_the_manner_of_2030", which is no response to this'),
    ],
    [
      "an escape sequence",
      failed("the event output of tegata-format-bad makes no sense: text must hold no control character"),
    ],
    ["too much", failed("tegata-format-bad gave output of more than 1048576 bytes")],
    ["a secret on stderr", failed(/^tegata-format-bad ended with 1; it said: \{"protocol":1.*"secretAccessKey":"…"/)],
    [
      "a child that keeps the pipe",
      failed("tegata-format-bad ended, but something that it started keeps its output open"),
    ],
    ["deaf to SIGTERM", failed("tegata-format-bad gave its response, but did not end within 2 s")],
  ])("%s", async (mode, refusal) => {
    const args = ["bad", "plain", "--mode", mode];
    // With everything that it said: that is no other matter.
    const [ended, verbose] = await Promise.all([on.run(args), on.run([...args, "--verbose"])]);
    expectRefusal(ended, refusal, world);
    expect(verbose.status).toBe(refusal.status);
    expectClean(verbose.stderr, world);
  });

  it.each(["an error with an escape sequence", "a secret in its error"] as const)("%s", async (mode) => {
    const error = /^tegata-format-bad: (no \[2Jway|bad key …)$/;
    const hint = "see what else tegata-format-bad says with --verbose";
    expectRefusal(await on.run(["bad", "plain", "--mode", mode]), { status: 3, error, hint }, world);
  });
});

describe("a program is not trusted that", () => {
  it.concurrent.each<[string, string, string | RegExp]>([
    ["hangs", "#!/bin/sh\nsleep 60\n", "tegata-format-odd-0 did not answer within 5 s"],
    ["is no program", "hello\n", "tegata-format-odd-1 cannot be started: it is no program (ENOEXEC)"],
    [
      "has no interpreter",
      "#!/no/such/interpreter\n",
      "tegata-format-odd-2 cannot be started: no such file or folder (ENOENT)",
    ],
    [
      "speaks a newer version",
      `#!/bin/sh\n${say({ event: "description", protocols: [2], kind: "format", id: "odd-3", summary: "an example" })}\n`,
      "tegata-format-odd-3 speaks version 2 of the plugin protocol, and this tegata version 1",
    ],
    [
      "has an escape sequence in its summary",
      shellFormat("odd-4", ":", { summary: "\u001b[2Jexample" }),
      "the event description of tegata-format-odd-4 makes no sense: summary must be one printable line",
    ],
    [
      "says that it is another",
      shellFormat("odd-9", ":"),
      'tegata-format-odd-5 says that it is format "of another name"',
    ],
    [
      "is told not to know the protocol",
      `#!/bin/sh\n${say({ event: "error", message: "I am too old" })}\n`,
      "tegata-format-odd-6: I am too old",
    ],
  ])("%s", async (_name, content, error) => {
    const [, name = ""] = /(tegata-format-odd-\d)/.exec(typeof error === "string" ? error : error.source) ?? [];
    await on.put(name, content);
    const ended = await on.run(["plugins", "trust", name]);
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expectClean(ended.stderr, world);
    expect(/^tegata: error: (.*)$/m.exec(ended.stderr)?.[1]).toMatch(error);
    expect((await on.run(["plugins"])).stdout).toMatch(new RegExp(`${name.slice(14)} +untrusted `));
  });
});

const settingsOf = (clientId: string) => ["--issuer", world.sandbox.oidc.issuer, "--client-id", clientId];
const login = (idp: string, settings: readonly string[]) =>
  on.run(["login", "--idp", idp, ...settings], { TEGATA_CONFIG: "/dev/null" });
const gives = (idToken: string) => say({ event: "id_token", idToken });

const refuses = (what: string) => say({ event: "error", code: "sign_in_denied", message: what, hint: "ask again" });
const asDenied = (error: string) => ({ status: 5, error, hint: "ask again" });

describe("an identity provider that misbehaves", () => {
  it("signs nobody in with a token for another client, of another issuer, or of nobody", async () => {
    const { oidc } = world.sandbox;
    await on.putTrusted("tegata-idp-plain", shellIdp("plain", gives(tokens.plain)));
    await on.putTrusted("tegata-idp-dev", shellIdp("dev", gives(tokens.dev)));
    await on.putTrusted("tegata-idp-forger", shellIdp("forger", gives(`${tokens.plain.slice(0, -8)}AAAAAAAA`)));
    await on.putTrusted("tegata-idp-joker", shellIdp("joker", gives("not.a.token")));
    const refused = { status: 6, hint: /.+/ };
    for (const [idp, clientId, error] of [
      ["plain", "somebody-else", 'not for the client id "somebody-else"'],
      ["dev", oidc.clientId, "the ID token is not signed by"],
      ["forger", oidc.clientId, "the ID token is not signed by"],
      ["joker", oidc.clientId, "it is not a JSON Web Token"],
    ] as const) {
      expectRefusal(await login(idp, settingsOf(clientId)), { ...refused, error }, world);
    }
    const good = await login("plain", settingsOf(oidc.clientId));
    expect(good).toMatchObject({ status: 0, stdout: "" });
    expect(good.stderr).toMatch(/signed in as ann@example\.com/);
    expectNoSecret(good.stderr, [tokens.plain]);
  });

  it("asks for a browser page: it is shown with the address that the browser comes back to, and refused where it is not its issuer's", async () => {
    const { issuer } = world.sandbox.oidc;
    const prompt = {
      event: "prompt",
      kind: "browser",
      authorizationUri: `${issuer}/authorize?client_id=x`,
      redirectUri: "http://127.0.0.1:18000/callback",
      expiresInSeconds: 60,
    };
    const denied = { event: "error", code: "sign_in_denied", message: "the sign-in was denied", hint: "ask again" };
    await on.putTrusted("tegata-idp-page", shellIdp("page", `${say(prompt)}\n${say(denied)}`));
    const page = await login("page", settingsOf("x"));
    expectRefusal(page, { status: 5, error: "the sign-in was denied", hint: "ask again" }, world);
    expect(page.stderr).toContain(`open ${issuer}/authorize?client_id=x`);
    expect(page.stderr).toContain("tegata waits for the answer at http://127.0.0.1:18000");
    for (const [name, members, refused] of [
      [
        "bait",
        { authorizationUri: "https://evil.example/" },
        { status: 6, error: "names a page that is not on 127.0.0.1", hint: "do not open it" },
      ],
      [
        "away",
        { redirectUri: "https://evil.example/" },
        { status: 3, error: "redirectUri must be an address of this machine", hint: "plugins check away" },
      ],
    ] as const) {
      await on.putTrusted(`tegata-idp-${name}`, shellIdp(name, say({ ...prompt, ...members })));
      expectRefusal(await login(name, settingsOf("x")), refused, world);
    }
  });

  it("is told which flow the person has chosen, and is not asked for one that it does not have", async () => {
    const asks = { event: "error", code: "sign_in_denied", message: "it asked for browser", hint: "ask again" };
    const both = `case "$request" in *'"flows":["browser"]'*) ${say(asks)} ;; esac`;
    const withFlow = [...settingsOf("x"), "--flow", "browser"];
    await on.putTrusted("tegata-idp-ways", shellIdp("ways", both, { flows: ["device", "browser"] }));
    const asked = { status: 5, error: "it asked for browser", hint: "ask again" };
    expectRefusal(await login("ways", withFlow), asked, world);
    await on.putTrusted("tegata-idp-one", shellIdp("one", both));
    const error = '--flow "browser" is no way to sign in at the identity provider one (it has device)';
    expectRefusal(await login("one", withFlow), { status: 2, error, hint: "--flow" }, world);
  });

  const organization = {
    flows: ["device", "browser"],
    browserSettings: ["organization"],
    requiredClaims: [{ claim: "org_id", setting: "organization", ignoresCase: true }],
    settings: {
      properties: {
        issuer: { type: "string", format: "uri", description: "the issuer" },
        client_id: { type: "string", description: "the client id" },
        organization: { type: "string", description: "the organization" },
      },
      required: ["issuer", "client_id"],
    },
  };

  it("signs nobody in whose token is of another person, another time, another class or another organization than was asked for", async () => {
    await on.putTrusted("tegata-idp-whose", shellIdp("whose", gives(tokens.plain), organization));
    const settings = settingsOf(world.sandbox.oidc.clientId);
    for (const [asked, refused] of [
      [
        ["--account", "bob@example.com"],
        { status: 4, error: 'signed in "ann@example.com", not the account "bob@example.com"', hint: "--account" },
      ],
      [["--max-age", "60"], { status: 6, error: "auth_time", hint: "--max-age" }],
      [["--acr-values", "gold"], { status: 6, error: 'not "gold"', hint: "--acr-values" }],
      [
        ["--organization", "org_1"],
        { status: 6, error: 'its org_id is missing, and --organization is "org_1"', hint: "--organization" },
      ],
    ] as const) {
      expectRefusal(await login("whose", [...settings, ...asked]), refused, world);
    }
    expect(await login("whose", [...settings, "--account", "ann@example.com"])).toMatchObject({ status: 0 });
  });

  it("is told who and how it shall be, and a setting of the browser flow chooses that flow", async () => {
    const wanted = `'"flows":["browser"],"account":"ann@example.com","maxAgeSeconds":60,"acrValues":["gold","silver"],"idpPrompt":["login"]'`;
    const body = `case "$request" in *${wanted}*) ${refuses("all of it")} ;; *'"flows":["browser"]'*) ${refuses("the browser")} ;; esac`;
    await on.putTrusted("tegata-idp-told", shellIdp("told", body, organization));
    const all = [
      "--account",
      "ann@example.com",
      "--max-age",
      "60",
      "--acr-values",
      "gold silver",
      "--idp-prompt",
      "login",
    ];
    expectRefusal(await login("told", [...settingsOf("x"), ...all]), asDenied("all of it"), world);
    expectRefusal(await login("told", [...settingsOf("x"), "--organization", "a"]), asDenied("the browser"), world);
    const beside = await login("told", [...settingsOf("x"), "--organization", "a", "--flow", "device"]);
    expectRefusal(beside, { status: 2, error: "the device grant cannot ask for it", hint: /.+/ }, world);
  });

  it("waits for nobody on CI, and the hint names the flow that would", async () => {
    await on.putTrusted("tegata-idp-ci", shellIdp("ci", "sleep 60", { flows: ["browser"] }));
    const ended = await on.run(["login", "--idp", "ci", ...settingsOf("x"), "--flow", "auto"], {
      TEGATA_CONFIG: "/dev/null",
      CI: "true",
    });
    expectRefusal(
      ended,
      {
        status: 4,
        error: "a sign-in in the browser is needed, and on CI nobody is asked unless a flow is named",
        hint: "if a person waits for it, use --flow browser",
      },
      world,
    );
  });

  it("sends nobody to a page that is not its issuer's, and shows no code that a terminal obeys", async () => {
    const prompt = {
      event: "prompt",
      verificationUri: "https://evil.example/",
      userCode: "AAAA-BBBB",
      expiresInSeconds: 60,
    };
    await on.putTrusted("tegata-idp-lure", shellIdp("lure", say(prompt)));
    const lure = await login("lure", settingsOf("x"));
    expectRefusal(
      lure,
      {
        status: 6,
        error: "tegata-idp-lure names a page that is not on 127.0.0.1",
        hint: "do not open it",
      },
      world,
    );
    expect(lure.stderr).not.toMatch(/open https/);
    const { issuer } = world.sandbox.oidc;
    const code = { ...prompt, verificationUri: `${issuer}/x`, userCode: "\u001b[2J" };
    await on.putTrusted("tegata-idp-code", shellIdp("code", say(code)));
    expectRefusal(
      await login("code", settingsOf("x")),
      { status: 3, error: "userCode must be printable", hint: "plugins check code" },
      world,
    );
  });

  it("asks nobody where nobody may be asked, and is not waited for once the code has run out", async () => {
    const { issuer } = world.sandbox.oidc;
    const prompt = { event: "prompt", verificationUri: `${issuer}/x`, userCode: "AAAA-BBBB", expiresInSeconds: 0.1 };
    const asks = `${say({ event: "refresh_token", refreshToken: "r" })}; ${say(prompt)}; read -r _`;
    await on.putTrusted("tegata-idp-asks", shellIdp("asks", asks));
    const never = await on.run([
      "credential-process",
      "--idp",
      "asks",
      ...settingsOf("x"),
      "--role-arn",
      world.sandbox.roles.developer,
    ]);
    expectRefusal(
      never,
      { status: 4, error: "a sign-in in the browser is needed", hint: "tegata login --idp asks" },
      world,
    );
    const expired = await login("asks", settingsOf("x"));
    expect(expired.stderr).toMatch(
      /open .*\n.*AAAA-BBBB.*\ntegata: error: the code ran out before the sign-in was confirmed\n/,
    );
    expect(expired.status).toBe(4);
  }, 20_000);

  it("learns of Ctrl-C by its closed stdin, and does not keep tegata from ending", async () => {
    const marker = join(world.folder, "cancelled");
    const { issuer } = world.sandbox.oidc;
    const prompt = { event: "prompt", verificationUri: `${issuer}/x`, userCode: "AAAA-BBBB", expiresInSeconds: 60 };
    await on.putTrusted(
      "tegata-idp-waits",
      shellIdp("waits", `trap '' TERM; ${say(prompt)}; read -r _; touch ${marker}`),
    );
    const running = world.start(["login", "--idp", "waits", ...settingsOf("x")], {
      env: { ...on.env, TEGATA_CONFIG: "/dev/null" },
    });
    await running.stderrMatching(/AAAA-BBBB/);
    running.child.kill("SIGINT");
    const { status, stderr } = await running.ended;
    expect(status).toBe(130);
    expect(stderr).toMatch(/tegata: error: interrupted\n$/);
    expect((await on.run(["plugins"])).status).toBe(0);
    await expect(readFile(marker), "its stdin was closed").resolves.toBeDefined();
  });
});
