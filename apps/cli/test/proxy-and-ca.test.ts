import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programs } from "./support/programs.ts";
import { run } from "./support/run.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** An https server behind a CA that no runtime knows, and a proxy: what stands in many a company. */
describe.skipIf(!hasOpenssl)(`a proxy and a private CA${hasOpenssl ? "" : " (skipped: there is no openssl)"}`, () => {
  let folder: string;
  let ca: string;
  let server: HttpsServer;
  let proxy: Server;
  const tunnels: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tegata-ca-"));
    ca = join(folder, "ca.pem");
    const key = makeCertificates(folder);
    server = createHttpsServer(key, (_request, response) => response.end("no discovery document"));
    proxy = createHttpServer().on("connect", (request, client) => {
      tunnels.push(request.url ?? "");
      const [, port] = (request.url ?? "").split(":");
      const target = connect(Number(port), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        client.pipe(target).pipe(client);
      });
      target.on("error", () => client.destroy());
      client.on("error", () => target.destroy());
    });
    await Promise.all(
      [server, proxy].map((each) => new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve))),
    );
  });
  afterAll(async () => {
    server.closeAllConnections();
    proxy.closeAllConnections();
    server.close();
    proxy.close();
    await rm(folder, { recursive: true, force: true });
  });

  const login = (program: keyof typeof programs, env: Record<string, string>) =>
    run([...programs[program], "login", "--issuer", `https://localhost:${portOf(server)}`, "--client-id", "x"], {
      cwd: folder,
      env: { HOME: folder, PATH: process.env["PATH"] ?? "", ...env },
    });

  describe.each(["binary", "node", "deno"] as const)("%s", (program) => {
    it("says that the certificate is not trusted, and which variable helps", async () => {
      const { status, stderr } = await login(program, {});
      expect(status).toBe(6);
      expect(stderr).toMatch(/certificate/i);
      expect(stderr).toContain("NODE_EXTRA_CA_CERTS");
    });

    it.each(["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])("trusts the CA that %s names", async (variable) => {
      const { stderr } = await login(program, { [variable]: ca });
      expect(stderr).toContain("is not an OpenID provider");
    });

    it("goes through HTTPS_PROXY with the CA, and past it for what NO_PROXY names", async () => {
      const env = { AWS_CA_BUNDLE: ca, HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}` };
      tunnels.length = 0;
      expect((await login(program, env)).stderr).toContain("is not an OpenID provider");
      expect(tunnels).toEqual([`localhost:${portOf(server)}`]);
      expect((await login(program, { ...env, NO_PROXY: "localhost" })).stderr).toContain("is not an OpenID provider");
      expect(tunnels).toHaveLength(1);
    });

    it("names the variable whose CA file cannot be used", async () => {
      const missing = await login(program, { AWS_CA_BUNDLE: join(folder, "missing.pem") });
      expect(missing).toMatchObject({ status: 3 });
      expect(missing.stderr).toMatch(/error: AWS_CA_BUNDLE names .*missing\.pem, which cannot be read/);
      await writeFile(join(folder, "empty.pem"), "");
      const empty = await login(program, { AWS_CA_BUNDLE: join(folder, "empty.pem") });
      expect(empty.stderr).toContain("holds no PEM certificate");
    });
  });
});

function portOf(server: Server | HttpsServer): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function makeCertificates(folder: string): { readonly key: Buffer; readonly cert: Buffer } {
  const openssl = (line: string) => execFileSync("openssl", line.split(" "), { cwd: folder, stdio: "pipe" });
  const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout";
  openssl(`req -x509 ${newKey} ca.key -out ca.pem -days 30 -subj /CN=private-ca`);
  openssl(`req ${newKey} server.key -out server.csr -subj /CN=localhost -addext subjectAltName=DNS:localhost`);
  openssl(
    "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -days 30 -out server.pem",
  );
  return { key: readFileSync(join(folder, "server.key")), cert: readFileSync(join(folder, "server.pem")) };
}
