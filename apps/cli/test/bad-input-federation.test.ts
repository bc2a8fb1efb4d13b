import type { Fault } from "@tegata/sandbox";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { like, createWorldSignedIn, expectRefusal, keepingFiles, type Refusal } from "./support/refusal.ts";
import type { World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorldSignedIn("dev");
});
beforeEach(() => {
  world.sandbox.faults.clear();
  world.sandbox.requests.clear();
});
afterAll(() => world.close());

const answer = (status: number, body: string, headers: Record<string, string> = {}): Fault => ({
  kind: "status",
  area: "federation",
  status,
  body,
  headers,
});
const page = "<html><title>x</title><h1>Sorry</h1><script>alert(1)</script><p>no such session.</p></html>";
const answers = (patch: Record<string, unknown>, remove: string[] = []): Fault => ({
  kind: "patchJson",
  area: "federation",
  patch,
  remove,
});

it.each<[what: string, fault: Fault, status: number, code: string, error: Refusal["error"], hint: Refusal["hint"]]>([
  ["400", answer(400, page), 5, "federation_rejected", /at 127\S+ answers HTTP 400: Sorry no such session$/, "--fresh"],
  ["403 without a word", answer(403, ""), 5, "federation_rejected", /at 127\S+ answers HTTP 403$/, "--fresh"],
  ["500", answer(500, page), 6, "federation_unavailable", "answers HTTP 500: Sorry no such session", "try again"],
  ["429", answer(429, ""), 6, "federation_unavailable", "answers HTTP 429", "try again in a moment"],
  [
    "HTML with 200",
    answer(200, page),
    6,
    "federation_invalid_response",
    "without a SigninToken",
    "check federation_endpoint",
  ],
  ["no SigninToken", answers({}, ["SigninToken"]), 6, "federation_invalid_response", "without a SigninToken", /proxy/],
  [
    "a list as SigninToken",
    answers({ SigninToken: [] }),
    6,
    "federation_invalid_response",
    "without a SigninToken",
    /./,
  ],
  [
    "a SigninToken with spaces",
    answers({ SigninToken: "a b" }),
    6,
    "federation_invalid_response",
    "without a Signin",
    /./,
  ],
  ["a redirect", answer(307, "", { location: "https://evil.example/" }), 6, "federation_unreachable", "redirects", /./],
  [
    "an endless page",
    answer(200, "x".repeat(1_100_000)),
    6,
    "federation_unreachable",
    "larger than 1048576 bytes",
    /./,
  ],
  [
    "a cut connection",
    { kind: "reset", area: "federation" },
    6,
    "federation_unreachable",
    /at 127\S+: /,
    "the network",
  ],
])("the error says what console sign-in answers: %s", async (_what, fault, status, code, error, hint) => {
  world.sandbox.faults.set(fault);
  const ended = await keepingFiles(world, () => world.run(["console-url", "dev", "--error-format=json"]));
  expectRefusal(ended, { status, code, error, hint }, world);
  expect(world.sandbox.requests.count("federation")).toBe(1);
});

it("a request that is refused for its session duration alone is sent again without it", async () => {
  world.sandbox.faults.set({ kind: "rejectSessionDuration" });
  const ended = await world.run(["console-url", "dev", "--session-duration", "1h"]);
  expect(ended).toMatchObject({
    status: 0,
    stderr: "",
    stdout: like(/^http:\/\/127\S+SigninToken=\S+\n$/),
  });
  expect(world.sandbox.requests.count("federation")).toBe(2);
});

it("a request that is refused without the duration as well is not sent again", async () => {
  world.sandbox.faults.set(answer(400, page));
  const ended = await world.run(["console-url", "dev", "--session-duration", "1h"]);
  expectRefusal(
    ended,
    { status: 5, error: "answers HTTP 400: Sorry", hint: "run the command again with --fresh" },
    world,
  );
  expect(world.sandbox.requests.count("federation")).toBe(2);
});

it("an error shows none of the keys, even when the error page repeats the request", async () => {
  const env = await world.run(["env", "dev"]);
  const secrets = [...env.stdout.matchAll(/='([^']+)'/g)].map(([, value = ""]) => value);
  world.sandbox.faults.set(answer(400, `<p>bad: ${secrets.join(" ")}</p>`));
  const ended = await world.run(["console-url", "dev"]);
  expectRefusal(ended, { status: 5, error: "answers HTTP 400: bad:", hint: "--fresh" }, world);
});

it.each([
  [
    "--federation-endpoint",
    "http://signin.example",
    '"http://signin.example" must be https',
    "correct --federation-endp",
  ],
  [
    "--destination",
    "https://evil.example/",
    '"https://evil.example/" is not a page of the console',
    "pass a service like s3",
  ],
  [
    "--destination",
    "javascript:alert(1)",
    '"javascript:alert(1)" is not a page of the console',
    "pass a service like s3",
  ],
  ["--session-duration", "13h", '--session-duration "13h" is 46800 seconds', "tegata console-url --help"],
])("%s %s is refused before anything is sent", async (flag, value, error, hint) => {
  // Without a profile: its federation endpoint is one of the sandbox's own, which may lead to any host.
  const { roles, sts } = world.sandbox;
  const profile = [
    "--idp",
    "acme",
    "--role-arn",
    roles.developer,
    "--region",
    "us-east-1",
    "--sts-endpoint",
    sts.endpoint,
  ];
  const ended = await world.run(["console-url", ...profile, flag, value], {
    env: { HTTPS_PROXY: "http://127.0.0.1:1" },
  });
  expectRefusal(ended, { status: 2, error, hint }, world);
  expect(world.sandbox.requests.all()).toEqual([]);
});
