/**
 * `npm run demo`: a real device-flow sign-in on this machine, from the code to a signed AWS call. The identity provider,
 * STS and the console are the sandbox's, on loopback; the program is the compiled binary.
 *
 * On a terminal you open the page and click, and the sandbox stays until you press Enter; without one, or with `-- --auto`, the demo
 * submits the page's own forms, and ends.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { startSandbox, type Sandbox } from "@tegata/sandbox";
import * as v from "valibot";

const tegata = fileURLToPath(new URL("../dist/tegata", import.meta.url));
const { values } = parseArgs({ options: { auto: { type: "boolean", default: false } } });
const auto = values.auto || !process.stdin.isTTY || !process.stderr.isTTY;

const sandbox = await startSandbox({ intervalSeconds: auto ? 1 : 5 });
const home = await mkdtemp(join(tmpdir(), "tegata-demo-"));
try {
  await demo();
} finally {
  await sandbox.close();
  await rm(home, { recursive: true, force: true });
}

async function demo(): Promise<void> {
  heading("a settings file, as a colleague would hand it to you");
  const settings = settingsFor(sandbox);
  await writeFile(join(home, "tegata.toml"), settings);
  console.log(settings);

  heading("sign in with the device flow");
  await (auto ? signInByItself() : show(["login"]));

  heading("what the AWS CLI and SDKs get from credential_process");
  const answer = await show(["credential-process"]);

  heading('what eval "$(tegata env)" sets in a shell');
  await show(["env"]);

  heading("a URL that opens the AWS console");
  await show(["console-url"]);

  heading("the proof: a signed GetCallerIdentity with these credentials");
  console.log(await callerIdentity(answer));

  heading("what there is now, at a glance");
  await show(["status"]);

  if (!auto) {
    await stayUntilEnter();
  }
  heading("sign out again");
  await show(["logout"]);

  console.log(
    "\nnext: sign in at your own provider, for a role of yours: README.md, From nothing to aws s3 ls in five steps",
  );
}

/** With the sandbox, so that a person can try what else there is. */
async function stayUntilEnter(): Promise<void> {
  heading("your turn: all of this is there until you press Enter");
  const settings = Object.entries(ownVariables()).map(([name, value]) => `export ${name}='${value}'`);
  console.log(`In another terminal, for example:\n\n${settings.join("\n")}`);
  console.log(`${tegata} exec -- env | grep AWS_\n${tegata} console-url\n`);
  const lines = createInterface({ input: process.stdin });
  await new Promise<void>((resolve) => {
    lines.once("line", () => resolve());
    lines.once("close", () => resolve());
  });
  lines.close();
}

async function signInByItself(): Promise<void> {
  const login = start(["login", "--json"], "pipe");
  let answered = false;
  for await (const line of linesOf(login.stdout)) {
    const event = v.safeParse(v.object({ verificationUriComplete: v.string() }), JSON.parse(line));
    if (event.success && !answered) {
      answered = true;
      console.log("(nobody is at a terminal: the demo submits the page's own forms, as ann@example.com)");
      await sandbox.approve(event.output.verificationUriComplete);
    } else {
      console.log(line);
    }
  }
  await succeeded(login.exited, "login");
}

/** Runs the program and shows its answer, each line cut where it gets long; the whole of it is returned. */
async function show(args: readonly string[]): Promise<string> {
  const program = start(args, "pipe");
  const text = await new Response(program.stdout).text();
  await succeeded(program.exited, args.join(" "));
  for (const line of text.split("\n").filter((each) => each !== "")) {
    console.log(line.length > 150 ? `${line.slice(0, 110)} … ${line.slice(-30)}` : line);
  }
  return text;
}

function start(args: readonly string[], stdout: "pipe") {
  console.log(`$ tegata ${args.join(" ")}`);
  return Bun.spawn([tegata, ...args], {
    stdin: "inherit",
    stdout,
    stderr: "inherit",
    env: {
      // What is set for a real account is not meant for the sandbox.
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|TEGATA)_/.test(name))),
      ...ownVariables(),
    },
  });
}

function ownVariables(): Readonly<Record<string, string>> {
  return {
    TEGATA_CONFIG: join(home, "tegata.toml"),
    TEGATA_CACHE_DIR: join(home, "cache"),
    TEGATA_STATE_DIR: join(home, "state"),
  };
}

async function succeeded(exited: Promise<number>, what: string): Promise<void> {
  const status = await exited;
  if (status !== 0) {
    throw new Error(`tegata ${what} ended with ${status}`);
  }
}

async function callerIdentity(answer: string): Promise<string> {
  const credentials = v.parse(
    v.object({ AccessKeyId: v.string(), SecretAccessKey: v.string(), SessionToken: v.string() }),
    JSON.parse(answer),
  );
  const sts = new STSClient({
    region: "us-east-1",
    endpoint: sandbox.sts.endpoint,
    credentials: {
      accessKeyId: credentials.AccessKeyId,
      secretAccessKey: credentials.SecretAccessKey,
      sessionToken: credentials.SessionToken,
    },
  });
  const { Account, Arn, UserId } = await sts.send(new GetCallerIdentityCommand({}));
  return JSON.stringify({ Account, Arn, UserId }, undefined, 2);
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function heading(text: string): void {
  console.log(`\n── ${text}`);
}

function settingsFor({ auth0, sts, federation, roles }: Sandbox): string {
  return `default_profile = "demo"

[idp.acme]
type = "auth0"
domain = "${auth0.domain}"
client_id = "${auth0.clientId}"

[profile.demo]
idp = "acme"
role_arn = "${roles.developer}"
region = "us-east-1"
sts_endpoint = "${sts.endpoint}"
federation_endpoint = "${federation.endpoint}"
`;
}
