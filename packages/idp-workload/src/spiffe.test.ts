/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { failure, type FakeMachine, fakeMachine, type FakeMachineOptions, workloadContract } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { carriedFaults } from "../test/carried-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { tokenFaults } from "../test/token-faults.ts";
import { spiffe } from "./spiffe.ts";

const socket = "unix:///run/spire/agent.sock";
const svidFile = "/run/spiffe/jwt_svid.token";
/** As `spire-agent api fetch jwt -output json` writes it. */
const output = (svid: string) =>
  JSON.stringify([
    { svids: [{ hint: "", spiffe_id: "spiffe://example.org/app", svid }] },
    { bundles: { "spiffe://example.org": "eyJrZXlzIjpbXX0=" } },
  ]);

workloadContract(spiffe, () =>
  placeUnderTest({
    machine: (tokenServer, job) => ({
      variables: { SPIFFE_ENDPOINT_SOCKET: socket },
      files: { "/etc/hostname": job },
      run: async () => ({ status: 0, stdout: output(await tokenServer.signToken()), stderr: "" }),
    }),
    tokenIn: "nowhere",
  }),
);

carriedFaults(spiffe, {
  settings: { token_file: svidFile },
  machine: (token) => ({ files: { [svidFile]: token } }),
});

const ended = (stderr: string) => () => ({ status: 1, stdout: "", stderr });

describe("SPIFFE", () => {
  let tokenServer: TokenServer;
  beforeAll(async () => {
    tokenServer = await startTokenServer();
  });
  afterAll(() => tokenServer.close());
  const start = (run: FakeMachineOptions["run"], settings: Readonly<Record<string, unknown>> = {}) => {
    const machine = fakeMachine({ variables: { SPIFFE_ENDPOINT_SOCKET: socket }, ...(run && { run }) });
    return { machine, ...startRun(spiffe, { settings: { issuer: tokenServer.issuer, ...settings }, machine }) };
  };

  it("runs the documented command", async () => {
    const { machine, signIn } = start(
      async () => ({ status: 0, stdout: output(await tokenServer.signToken({ aud: "other" })), stderr: "" }),
      { audience: "other", spire_agent_path: "/opt/spire/bin/spire-agent" },
    );
    await signIn();
    expect(machine.runs[0]?.command.join(" ")).toBe(
      "/opt/spire/bin/spire-agent api fetch jwt -audience other -socketPath /run/spire/agent.sock -output json",
    );
  });

  it.each([
    ["rpc error: code = PermissionDenied desc = no identity issued", "idp_rejected", /registration entry/],
    [
      `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/spire/agent.sock: connect: no such file or directory"`,
      "idp_unreachable",
      /SPIFFE_ENDPOINT_SOCKET/,
    ],
    ["rpc error: code = DeadlineExceeded desc = context deadline exceeded", "idp_unreachable", /runs/],
    ["flag provided but not defined: -output", "process_failed", /by hand/],
  ] as const)("says %j: the hint says what to change", async (stderr, code, hint) => {
    const error = await failure(start(ended(`${stderr}\n`)).signIn(), code);
    expect(error.hint).toMatch(hint);
    expect(error.message).toContain(stderr.slice(0, 20));
  });

  it.each([["[]"], [`[{"svids":[]}]`], ["token(spiffe://example.org/app):\n\ta.b.c"], [`{"svids":[]}`], [""]])(
    "answers %j: that is an invalid response",
    async (stdout) => {
      await failure(start(() => ({ status: 0, stdout, stderr: "" })).signIn(), "idp_invalid_response");
    },
  );

  it("has no agent to run: that is process_failed", async () => {
    await failure(start(undefined).signIn(), "process_failed");
  });

  it.each(["tcp://127.0.0.1:8081", "npipe:spire", "/run/spire/agent.sock"])(
    "is refused with the address %s, and the hint names token_file",
    async (address) => {
      const machine = fakeMachine({ variables: { SPIFFE_ENDPOINT_SOCKET: address } });
      const error = await failure(startRun(spiffe, { machine }).find(), "workload_token_missing");
      expect(error.message).toContain(address);
      expect(error.hint).toContain("token_file");
    },
  );

  it.each(tokenFaults)("gives a bad JWT-SVID ($name): it is refused", async (fault) => {
    const given = await fault.token(tokenServer);
    const error = await failure(start(() => ({ status: 0, stdout: output(given), stderr: "" })).signIn(), fault.code);
    expect(error.message).toMatch(fault.message);
  });

  it("gives a JWT-SVID without an issuer: the hint says where to set it", async () => {
    const svid = await tokenServer.signToken({ iss: undefined });
    const error = await failure(
      start(() => ({ status: 0, stdout: output(svid), stderr: "" })).signIn(),
      "id_token_invalid",
    );
    expect(error.hint).toContain("jwt_issuer");
  });

  it("asks spire-agent again while the agent does not answer, or gives nothing", async () => {
    const svid = await tokenServer.signToken();
    const answers = [
      { status: 1, stdout: "", stderr: "rpc error: code = Unavailable desc = connection refused" },
      { status: 0, stdout: "[]", stderr: "" },
      { status: 0, stdout: JSON.stringify([{ svids: [{ svid }] }]), stderr: "" },
    ];
    const machine: FakeMachine = fakeMachine({
      variables: { SPIFFE_ENDPOINT_SOCKET: socket },
      run: () => answers[machine.runs.length - 1] ?? { status: 70, stdout: "", stderr: "" },
    });
    expect((await startRun(spiffe, { machine }).signIn()).idToken.jwt).toBe(svid);
  });
});
