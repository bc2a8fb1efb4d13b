import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthority } from "./support/certificates.ts";
import { loopbackServers, type LoopbackServers } from "./support/loopback-servers.ts";
import { programs, type ProgramName } from "./support/programs.ts";
import { run } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
/** A name that only a proxy knows. */
const host = "idp.acme.example";

describe.skipIf(!hasOpenssl)(`a proxy${hasOpenssl ? "" : " (skipped: there is no openssl)"}`, () => {
  let folder: string;
  let servers: LoopbackServers;
  let ca: string;
  let port: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tegata-proxy-"));
    const authority = createAuthority(folder);
    ca = authority.file;
    servers = loopbackServers();
    port = await servers.https(authority.issue({ names: [host, "localhost"] }));
  });
  afterAll(async () => {
    servers.close();
    await rm(folder, { recursive: true, force: true });
  });

  const login = (program: ProgramName, env: Readonly<Record<string, string>>, at = `https://${host}:${port}`) =>
    run([...programs[program], "login", "--issuer", at, "--client-id", "x"], {
      cwd: folder,
      env: { HOME: folder, PATH: process.env["PATH"] ?? "", DENO_NO_UPDATE_CHECK: "1", AWS_CA_BUNDLE: ca, ...env },
      limitSeconds: 60,
    });

  describe.each(["binary", "node", "deno"] as const)("on %s", (program) => {
    it.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])("that %s names is used", async (variable) => {
      const proxy = await servers.proxy();
      const { stderr } = await login(program, { [variable]: `http://127.0.0.1:${proxy.port}` });
      expect(stderr).toContain("is not an OpenID provider");
      expect(proxy.asked).toEqual([`${host}:${port}`]);
    });

    it("is not used for what is on this machine, even when every variable names it", async () => {
      const proxy = await servers.proxy();
      const url = `http://127.0.0.1:${proxy.port}`;
      const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
      const env = Object.fromEntries(names.map((name) => [name, url]));
      const plain = await servers.http((_request, response) => response.end("{}"));
      for (const at of [`https://localhost:${port}`, `http://127.0.0.1:${plain}`, `http://localhost:${plain}`]) {
        expect((await login(program, { ...env, NO_PROXY: "other" }, at)).stderr).toContain("is not an OpenID provider");
      }
      expect(proxy.asked).toEqual([]);
    });

    it("gets a password with a bare % in it as it is", async () => {
      const proxy = await servers.proxy();
      await login(program, { HTTPS_PROXY: `http://ann:50%off%zz@127.0.0.1:${proxy.port}` });
      await login(program, { HTTPS_PROXY: `http://ann:50%25off@127.0.0.1:${proxy.port}` });
      expect(proxy.credentials).toEqual(["ann:50%off%zz", "ann:50%off"]);
    });

    it("that wants a password is named, and no password of it is shown", async () => {
      const proxy = await servers.refusingProxy(407);
      const { status, stderr } = await login(program, { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
      expect(status).toBe(6);
      expect(stderr).toBe(
        `tegata: error: the proxy http://127.0.0.1:${proxy.port} (HTTPS_PROXY) wants a user name and a password (HTTP 407), on the way to the identity provider (${host}:${port})\n` +
          `tegata: hint: write HTTPS_PROXY=http://USER:PASSWORD@127.0.0.1:${proxy.port}, or put ${host} into NO_PROXY if it can be reached without the proxy\n`,
      );
      const refused = await login(program, { HTTPS_PROXY: `http://ann:s3cret@127.0.0.1:${proxy.port}` });
      expect(refused.stderr).toContain("does not accept its user name and password (HTTP 407)");
      expect(refused.stderr).not.toContain("s3cret");
      expect(proxy.asked).toHaveLength(2);
    });

    it("that refuses the host is named, and whom to ask", async () => {
      const proxy = await servers.refusingProxy(403);
      const { stderr } = await login(program, { https_proxy: `127.0.0.1:${proxy.port}` });
      expect(stderr).toContain(
        `the proxy http://127.0.0.1:${proxy.port} (https_proxy) does not let the request through`,
      );
      expect(stderr).toContain(`hint: ask the proxy's administrator to allow ${host}:${port}`);
      expect(proxy.asked).toHaveLength(1);
    });

    it.each([
      ["nobody listens", "127.0.0.1:9"],
      ["no name server knows", "proxy.invalid:3128"],
    ])("at which %s is to blame, and not the identity provider", async (_name, address) => {
      const { status, stderr } = await login(program, { HTTPS_PROXY: `http://ann:s3cret@${address}` });
      expect(status).toBe(6);
      expect(stderr).toContain(`error: the proxy http://${address} (HTTPS_PROXY) cannot be reached`);
      expect(stderr).not.toMatch(/identity provider cannot be reached|s3cret/);
    });

    it("of a kind that cannot be used is an error of the settings", async () => {
      const { status, stderr } = await login(program, { ALL_PROXY: "socks5://ann:s3cret@127.0.0.1:1080" });
      expect(status).toBe(3);
      expect(stderr).toContain("error: ALL_PROXY names a proxy that cannot be used: socks5://127.0.0.1:1080\n");
    });
  });

  it("is passed by for what NO_PROXY names", async () => {
    const proxy = await servers.refusingProxy(403);
    const { stderr } = await login("binary", {
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
      NO_PROXY: ".acme.example",
    });
    expect(proxy.asked).toEqual([]);
    expect(stderr).toContain("the identity provider cannot be reached");
  });
});

describe("a metadata server", () => {
  let world: World;
  let servers: LoopbackServers;
  beforeAll(async () => {
    world = await createWorld();
    servers = loopbackServers();
  });
  afterAll(async () => {
    servers.close();
    await world.close();
  });

  it("is never asked through a proxy, and no token goes there", async () => {
    const proxy = await servers.proxy();
    const url = `http://127.0.0.1:${proxy.port}`;
    let asked = 0;
    // Google's, by the variable with which it is tested: it refuses, which ends the run at once.
    const metadata = await servers.http((_request, response) => {
      asked += 1;
      response.writeHead(404, { "metadata-flavor": "Google" }).end();
    });
    const { status } = await world.run(["env", "--idp", "workload", "--role-arn", "arn:aws:iam::123456789012:role/R"], {
      env: {
        HTTP_PROXY: url,
        http_proxy: url,
        HTTPS_PROXY: url,
        ALL_PROXY: url,
        GCE_METADATA_HOST: `127.0.0.1:${metadata}`,
      },
    });
    expect(status).toBe(5);
    expect(asked).toBe(1);
    expect(proxy.asked).toEqual([]);
  });
});
