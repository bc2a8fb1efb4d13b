import { execFileSync, spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthority, selfSigned, type Authority } from "./support/certificates.ts";
import { loopbackServers, type LoopbackServers } from "./support/loopback-servers.ts";
import { matching } from "./support/matching.ts";
import { findProgram } from "./support/needs.ts";
import { programs, type ProgramName } from "./support/programs.ts";
import { run } from "./support/run.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** The server was reached, and trusted: it is none that anybody could sign in at. */
const trusted = matching(/is not an OpenID provider/);

describe.skipIf(!hasOpenssl)(`certificates${hasOpenssl ? "" : " (skipped: there is no openssl)"}`, () => {
  let folder: string;
  let authority: Authority;
  let servers: LoopbackServers;
  let good: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tegata-ca-"));
    authority = createAuthority(folder);
    servers = loopbackServers();
    good = await servers.https(authority.issue({ names: ["localhost"] }));
  });
  afterAll(async () => {
    servers.close();
    await rm(folder, { recursive: true, force: true });
  });

  const login = (
    program: ProgramName,
    port: number,
    env: Readonly<Record<string, string>> = { AWS_CA_BUNDLE: authority.file },
    before: readonly string[] = [],
    host = "localhost",
  ) => {
    const [first, ...rest] = [...before, ...programs[program]];
    return run([first ?? "", ...rest, "login", "--issuer", `https://${host}:${port}`, "--client-id", "x"], {
      cwd: folder,
      env: { HOME: folder, PATH: process.env["PATH"] ?? "", DENO_NO_UPDATE_CHECK: "1", ...env },
      limitSeconds: 60,
    });
  };

  describe.each(["binary", "node", "deno"] as const)("on %s", (program) => {
    it("are verified even when a variable says otherwise, and both variables that help are named", async () => {
      const { status, stderr } = await login(program, good, { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
      expect(status).toBe(6);
      expect(stderr).toBe(
        `tegata: error: the identity provider cannot be reached at localhost:${good}: its certificate comes from an authority that is not trusted here\n` +
          "tegata: hint: name the PEM file of that authority (of a proxy that inspects TLS, or of the server) in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS\n",
      );
      const both = { NODE_TLS_REJECT_UNAUTHORIZED: "0", AWS_CA_BUNDLE: authority.file };
      const own = await servers.https(selfSigned(folder, "localhost"));
      const selfSignedEnd = await login(program, own, both);
      expect(selfSignedEnd).toMatchObject({ status: 6, stderr: matching(/its certificate is signed by itself/) });
      expect(selfSignedEnd.stderr).toContain(`; already read: ${authority.file} (AWS_CA_BUNDLE)\n`);
    });

    it.each(["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])(
      "of the authority that %s names are trusted",
      async (variable) => {
        expect((await login(program, good, { [variable]: authority.file })).stderr).toEqual(trusted);
      },
    );

    it("that have expired are called so, with this machine's time", async () => {
      const port = await servers.https(authority.issue({ names: ["localhost"], to: "20210101000000Z" }));
      const { status, stderr } = await login(program, port);
      expect(status).toBe(6);
      expect(stderr).toMatch(
        /its certificate has expired; the clock of this machine says 20\d\d-\d\d-\d\d \d\d:\d\d UTC\n.*hint: if the clock is right, tell the administrator of localhost/,
      );
    });

    it("that are not valid yet are called so, and the clock is named first", async () => {
      const port = await servers.https(authority.issue({ names: ["localhost"], from: "20900101000000Z" }));
      const { stderr } = await login(program, port);
      expect(stderr).toMatch(/its certificate is not valid yet; the clock of this machine says 20/);
      expect(stderr).toMatch(/hint: set the clock of this machine/);
    });

    it("for another host name are called so, with both names", async () => {
      const port = await servers.https(authority.issue({ names: ["login.acme.example", "x.acme.example"] }));
      expect((await login(program, port)).stderr).toContain(
        "its certificate is for login.acme.example, x.acme.example, not for localhost\n" +
          "tegata: hint: check the host name in the URL",
      );
    });

    it("for a name, where the issuer has an address, are called so", async () => {
      const port = await servers.https(authority.issue({ names: ["login.acme.example"] }));
      const { stderr } = await login(program, port, { AWS_CA_BUNDLE: authority.file }, [], "127.0.0.1");
      // Node compares an address with addresses, and tells no names.
      expect(stderr).toMatch(
        /its certificate is for (login\.acme\.example, not for|another host name than) 127\.0\.0\.1\ntegata: hint: check the host name/,
      );
    });

    it("are missing on a port that does not speak TLS, and the error says so", async () => {
      const port = await servers.http((_request, response) => response.end("{}"));
      const { stderr } = await login(program, port);
      expect(stderr).toContain(`what answers on port ${port} does not speak TLS`);
      expect(stderr).toContain(`hint: check the port; for plain http on this machine write http://localhost:${port}\n`);
    });

    it("glued together, between other text and a key, and with a BOM, are read as one bundle", async () => {
      const pem = await readFile(authority.file, "utf8");
      const key = await readFile(join(folder, "ca.key"), "utf8");
      const path = join(folder, `glued-${program}.pem`);
      await writeFile(
        path,
        `\uFEFFsubject=CN = private-ca\r\n${key}${pem.trim()}${pem.trim()}${pem.replaceAll("\n", "\r\n")}`,
      );
      expect((await login(program, good, { AWS_CA_BUNDLE: path })).stderr).toEqual(trusted);
    });
  });

  describe("a CA file is an error of the settings, with its name, when it is", () => {
    const refused: readonly (readonly [string, (path: string) => Promise<unknown>, RegExp])[] = [
      ["missing", () => Promise.resolve(), /which is not there$/m],
      ["empty", (path) => writeFile(path, ""), /which holds no PEM certificate$/m],
      ["garbage", (path) => writeFile(path, "<!DOCTYPE html>"), /which holds no PEM certificate$/m],
      [
        "spoiled",
        async (path) => {
          const pem = await readFile(authority.file, "utf8");
          await writeFile(
            path,
            `${pem}-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n`,
          );
        },
        /whose certificate 2 of 2 cannot be read$/m,
      ],
      ["only a key", (path) => copyFile(join(folder, "ca.key"), path), /which holds no PEM certificate$/m],
      ["a folder", (path) => mkdir(path), /which is a folder$/m],
      ["a pipe", async (path) => execFileSync("mkfifo", [path]), /which is not a file$/m],
      [
        "huge",
        async (path) => {
          await writeFile(path, "");
          await truncate(path, 3_000_000_000);
        },
        /which is larger than 8 MiB$/m,
      ],
      [
        "in DER",
        async (path) => execFileSync("openssl", ["x509", "-in", authority.file, "-outform", "der", "-out", path]),
        /which is a certificate in DER, not in PEM$/m,
      ],
    ];
    it.each(refused)("%s", async (name, make, message) => {
      const path = join(folder, `bad ${name}`);
      await make(path);
      for (const program of ["binary", "node"] as const) {
        const { status, stderr } = await login(program, good, { AWS_CA_BUNDLE: path });
        expect(status).toBe(3);
        expect(stderr).toContain(`tegata: error: AWS_CA_BUNDLE names ${path}, `);
        expect(stderr).toMatch(message);
      }
    });

    it("in DER: the hint, pasted, makes a PEM file of it", async () => {
      const der = join(folder, "it's der");
      execFileSync("openssl", ["x509", "-in", authority.file, "-outform", "der", "-out", der]);
      const { stderr } = await login("binary", good, { AWS_CA_BUNDLE: der });
      const [, command = ""] = /hint: (openssl .*), then name that file/.exec(stderr) ?? [];
      execFileSync("sh", ["-c", command], { stdio: "pipe" });
      expect((await login("binary", good, { AWS_CA_BUNDLE: `${der}.pem` })).stderr).toEqual(trusted);
    });
  });

  it.skipIf(findProgram("faketime") === undefined)("that are good look expired to a clock that is off", async () => {
    const port = await servers.https(authority.issue({ names: ["localhost"], to: "20350101000000Z" }));
    const { stderr } = await login("binary", port, undefined, ["faketime", "2036-02-03 04:05:06"]);
    expect(stderr).toContain("its certificate has expired; the clock of this machine says 2036-02-03");
  });
});
