import type { Fault } from "@tegata/sandbox";
import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { programs } from "./support/programs.ts";
import { expectClean, expectRefusal, inWorldOfItsOwn, like, loginAtTerminal } from "./support/refusal.ts";
import { run } from "./support/run.ts";
import type { World } from "./support/world.ts";

// The harness gives a program 20 s, and says what it printed: more than a test has by default.

/** ANSI and OSC escapes, bidi marks, line ends, C1 and zero-width characters, and what shells obey. */
const evil =
  "x\u001b]0;owned\u0007\u001b[2J\u202egnp.exe\u2066\r\n\u009b31m\u200b\u2028$(touch owned)`touch owned`';touch owned;'\"&|<>";
const shown = "$(touch owned)`touch owned`';touch owned;'";

/** The error answer of an OAuth endpoint. */
const oauthError = (area: "device_authorization" | "token", error: string, description: string): Fault => ({
  kind: "status",
  area,
  status: 400,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ error, error_description: description, error_uri: evil }),
});

const answers = (patch: Record<string, unknown>): Fault => ({
  kind: "patchJson",
  area: "device_authorization",
  patch,
});

/** Signed in as someone whose claims are hostile; the role takes anybody. */
const withClaims = (claims: Record<string, unknown>, use: (own: World) => Promise<void>) =>
  inWorldOfItsOwn(async (own) => {
    own.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims } });
    const login = await loginAtTerminal(own, ["dev"]);
    expect(login).toMatchObject({ status: 0, stdout: "" });
    expectClean(login.stderr, own);
    await use(own);
  });

describe("an error of the identity provider", () => {
  it.concurrent.each([
    ["in error_description", "teapot", evil],
    ["in error", evil, "no"],
  ])("full of escapes %s is printed as plain text", async (_where, error, description) => {
    await inWorldOfItsOwn(async (own) => {
      own.sandbox.faults.set(oauthError("device_authorization", error, description));
      for (const args of [
        ["login", "plain"],
        ["login", "dev"],
      ]) {
        const ended = await own.run(args);
        expectRefusal(ended, { status: 5, error: /refused: /, hint: /./ }, own);
        expect(ended.stderr).toContain(description === "no" ? "x ]0;owned [2J gnp.exe" : shown);
      }
      const asJson = await own.run(["login", "dev", "--json"]);
      expectClean(asJson.stdout, own);
      expect(JSON.parse(asJson.stdout)).toMatchObject({ event: "error", code: "idp_rejected" });
      expect(await readdir(own.folder)).toEqual(["home"]);
    });
  });
});

describe("a device authorization response", () => {
  it.concurrent("with escapes in its user code is refused, not shown", async () => {
    await inWorldOfItsOwn(async (own) => {
      for (const code of [evil, "ABCD\u001b[8mEFGH", "ABCD\u202eEFGH", "AB\u200bCD", "A\nB", " AB"]) {
        own.sandbox.faults.clear();
        own.sandbox.faults.set(answers({ user_code: code }));
        expectRefusal(await own.run(["login", "dev"]), { status: 6, error: /user_code/, hint: /./ }, own);
      }
    });
  });

  it.concurrent("with escapes in its page is shown encoded, as one URL", async () => {
    await inWorldOfItsOwn(async (own) => {
      const uri = `${own.sandbox.auth0.issuer}activate?${evil}`;
      own.sandbox.faults.set(answers({ verification_uri: uri, verification_uri_complete: uri, expires_in: 1 }));
      const ended = await loginAtTerminal(own, ["dev"], (url) => {
        expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/activate\?x[\x21-\x7e]+$/);
        return Promise.resolve();
      });
      expectRefusal(ended, { status: 4, error: "the code ran out", hint: /./ }, own);
      const asJson = await own.run(["login", "dev", "--json"]);
      expectClean(asJson.stdout, own);
    });
  });

  it.concurrent("with escapes in a page elsewhere is refused in plain text", async () => {
    await inWorldOfItsOwn(async (own) => {
      own.sandbox.faults.set(answers({ verification_uri: `https://evil.example/${evil}` }));
      expectRefusal(
        await own.run(["login", "dev"]),
        { status: 6, error: "https://evil.example/", hint: "do not open" },
        own,
      );
    });
  });
});

describe("the claims of an ID token", () => {
  it.concurrent("with a hostile e-mail address reach neither the terminal, nor a shell, nor the session's name", async () => {
    await withClaims({ email: evil }, async (own) => {
      const env = await own.run(["env", "dev"]);
      expectClean(env.stdout.replaceAll(/'[^']*'/g, "''"), own);
      const names = "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN";
      const script = `eval "$("$TEGATA" env dev)"; for n in ${names}; do [ -n "\${!n}" ] || echo "no $n"; done; ls -A`;
      const shell = await run(["/bin/bash", "-c", script], {
        env: { ...own.env, TEGATA: programs.binary[0] },
        cwd: own.folder,
      });
      expect(shell).toMatchObject({ status: 0, stdout: "home\n", stderr: "" });
      const status = await own.run(["status"]);
      expectClean(status.stdout, own);
    });
  });

  it.concurrent("with a hostile subject are plain text in status, and escaped in its JSON", async () => {
    await withClaims({ sub: evil, email: undefined }, async (own) => {
      const status = await own.run(["status", "dev"]);
      expect(status).toMatchObject({ status: 0, stderr: "", stdout: like(shown) });
      expectClean(status.stdout, own);
      const asJson = await own.run(["status", "dev", "--json"]);
      expectClean(asJson.stdout, own);
      expect(JSON.parse(asJson.stdout)).toMatchObject({ profiles: [{ profile: "dev", signIn: { subject: evil } }] });
      const denied = await own.run(["env", "bob", "--error-format", "json"]);
      expectRefusal(denied, { status: 5, code: "sts_access_denied", error: "BobOnly", hint: shown }, own);
    });
  });

  it.concurrent("with a hostile subject are escaped in the events of login --json", async () => {
    await inWorldOfItsOwn(async (own) => {
      own.sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { sub: evil } } });
      const { status, stdout } = await own.login("dev");
      expect(status).toBe(0);
      expectClean(stdout, own);
      expect(stdout.trimEnd().split("\n")).toHaveLength(2);
      expect(JSON.parse(stdout.split("\n")[1] ?? "")).toMatchObject({ event: "signed_in", subject: evil });
    });
  });
});

it.concurrent("what STS and console sign-in answer is printed as plain text", async () => {
  await inWorldOfItsOwn(async (own) => {
    expect(await own.login("dev")).toMatchObject({ status: 0 });
    for (const code of ["AccessDenied", "Teapot", "InvalidIdentityToken"]) {
      own.sandbox.faults.set({ kind: "stsError", code, httpStatus: 403, message: evil, times: 1 });
      const ended = await own.run(["env", "dev", "--fresh"]);
      expectRefusal(ended, { status: 5, error: shown, hint: /./ }, own);
    }
    own.sandbox.faults.set({ kind: "status", area: "federation", status: 400, body: `<p>${evil}</p>` });
    expectRefusal(await own.run(["console-url", "dev"]), { status: 5, error: "$(touch owned)", hint: "--fresh" }, own);
    own.sandbox.faults.clear();
    own.sandbox.faults.set({ kind: "patchJson", area: "federation", patch: { SigninToken: evil } });
    expectRefusal(await own.run(["console-url", "dev"]), { status: 6, error: "without a SigninToken", hint: /./ }, own);
    own.sandbox.faults.clear();
    own.sandbox.faults.set({ kind: "patchJson", area: "discovery", patch: { issuer: evil, token_endpoint: evil } });
    expectRefusal(await own.run(["login", "dev"]), { status: 6, error: "is not an OpenID provider", hint: /./ }, own);
    own.sandbox.faults.clear();
    own.sandbox.faults.set({ kind: "patchJson", area: "discovery", patch: { token_endpoint: evil } });
    expectRefusal(await own.run(["login", "dev"]), { status: 6, error: "token_endpoint", hint: /./ }, own);
  });
});
