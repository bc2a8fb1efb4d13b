/**
 * Stands in for what the pages below docs/ci run besides tegata: does what the name says, and notes which credentials
 * it found. `tools.ts NAME FOLDER ARGS…`; the folder has the token, and gets the notes.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const [, , name = "", folder = "", ...args] = process.argv;
const token = () => readFileSync(join(folder, "token"), "utf8").trim();

switch (name) {
  case "vault":
    process.stdout.write(token());
    break;
  case "vercel":
    writeFileSync(args.at(-1) ?? "", `VERCEL_OIDC_TOKEN="${token()}"\n`);
    break;
  case "buildkite-agent":
    // What it is to redact comes on stdin.
    note({ redacted: readFileSync(0, "utf8").length });
    break;
  default:
    note({ args, credentials: await credentials() });
}

function note(what: Readonly<Record<string, unknown>>): void {
  appendFileSync(join(folder, "calls"), `${JSON.stringify({ name, ...what })}\n`);
}

/** As the SDKs find them: in the environment, else at the endpoint that it names. */
async function credentials(): Promise<Readonly<Record<string, string | undefined>>> {
  const { env } = process;
  if (env["AWS_ACCESS_KEY_ID"] !== undefined) {
    return { secretAccessKey: env["AWS_SECRET_ACCESS_KEY"], sessionToken: env["AWS_SESSION_TOKEN"] };
  }
  const response = await fetch(env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] ?? "", {
    headers: { authorization: env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] ?? "" },
  });
  const answer = v.parse(v.looseObject({ SecretAccessKey: v.string(), Token: v.string() }), await response.json());
  return { secretAccessKey: answer.SecretAccessKey, sessionToken: answer.Token };
}
