import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loopbackServers, type LoopbackServers } from "./support/loopback-servers.ts";
import { programs } from "./support/programs.ts";
import { run } from "./support/run.ts";

/** A provider that answers, and still cannot be used: what it says of why has to reach the person. */
describe("a discovery document", () => {
  let folder: string;
  let servers: LoopbackServers;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tegata-discovery-"));
    servers = loopbackServers();
  });
  afterAll(async () => {
    servers.close();
    await rm(folder, { recursive: true, force: true });
  });

  const login = async (status: number, body: object) => {
    const port = await servers.http((_request, response) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    const words = ["login", "--issuer", `http://127.0.0.1:${port}/auth`, "--client-id", "x"];
    const env = { HOME: folder, PATH: process.env["PATH"] ?? "" };
    return { port, ...(await run([...programs.binary, ...words], { cwd: folder, env })) };
  };

  it("that is refused is refused in the provider's own words", async () => {
    const body = { error: "invalid_request", error_description: "This server only accepts HTTPS requests.\u001b[2J" };
    const { status, stderr } = await login(400, body);
    expect(status).toBe(6);
    expect(stderr).toContain("its discovery document answers HTTP 400: This server only accepts HTTPS requests. [2J\n");
  });

  it("that names the same path at another host is a matter for the provider's administrator", async () => {
    const { port, stderr } = await login(200, { issuer: "http://idp.internal:8080/auth" });
    expect(stderr).toContain('names another issuer, "http://idp.internal:8080/auth"\n');
    expect(stderr).toContain(
      `if http://127.0.0.1:${port}/auth is right, the provider does not know its public address: its administrator has to set it`,
    );
  });
});
