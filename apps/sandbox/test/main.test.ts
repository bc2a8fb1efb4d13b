import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const BUN = fileURLToPath(new URL("../../../node_modules/.bin/bun", import.meta.url));
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function run(...flags: string[]): {
  output: { stdout: string; stderr: string };
  ended: Promise<unknown>;
  until: (pattern: RegExp) => Promise<string>;
  interrupt: () => void;
} {
  const child = spawn(BUN, ["--conditions=@tegata/source", MAIN, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      output[name] += chunk;
    });
  }
  const ended = once(child, "close").then(([status]: unknown[]) => status);
  return {
    output,
    ended,
    interrupt: () => child.kill("SIGINT"),
    until: async (pattern) => {
      while (!pattern.test(output.stdout)) {
        const more = await Promise.race([once(child.stdout, "data"), ended.then(() => undefined)]);
        if (more === undefined) {
          throw new Error(`the program ended: ${output.stderr}`);
        }
      }
      return output.stdout;
    },
  };
}

it("the sandbox under Bun prints settings to paste, serves what it prints, takes faults by HTTP and ends by Ctrl-C", async () => {
  const program = run("--interval", "2");
  const printed = await program.until(/Ctrl-C/);
  const value = (key: string): string => new RegExp(`^${key} = "([^"]*)"`, "m").exec(printed)?.[1] ?? "";
  expect(printed).toMatch(/^\[idp\.sandbox\]\ntype = "oidc"$/m);
  expect(printed).toMatch(/^\[idp\.sandbox-auth0\]\ntype = "auth0"\ndomain = "http:\/\/127\.0\.0\.1:\d+"$/m);
  expect(printed).toMatch(/^\[profile\.sandbox-auth0\]\nidp = "sandbox-auth0"$/m);
  expect(value("sts_endpoint")).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(value("federation_endpoint")).toMatch(/\/federation$/);

  const discovery = `${value("issuer")}/.well-known/openid-configuration`;
  expect((await fetch(discovery)).status).toBe(200);
  const control = /curl (\S+)\/faults/.exec(printed)?.[1] ?? "";
  const fault = { kind: "status", area: "discovery", status: 503 };
  const headers = { "Content-Type": "application/json" };
  await fetch(`${control}/faults`, { method: "POST", headers, body: JSON.stringify(fault) });
  expect((await fetch(discovery)).status).toBe(503);
  await fetch(`${control}/faults`, { method: "DELETE" });
  expect((await fetch(discovery)).status).toBe(200);

  program.interrupt();
  expect(await program.ended).toBe(0);
  expect(program.output.stderr).toBe("");
});

it("the sandbox refuses flags that make no sense", async () => {
  const program = run("--port", "many");
  expect(await program.ended).toBe(2);
  expect(program.output.stderr).toBe("sandbox: error: --port: not a whole number: many\n");
});
