import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AcquireContext, type AwsCredentials, isTegataError } from "@tegata/core";
import { failure, fakeFormatContext, fakePorts } from "@tegata/testkit";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  describeProgram,
  formatErrorCodes,
  idpErrorCodes,
  readDescription,
  programFormat,
  programIdp,
  type LocatedProgram,
  type Description,
  type FormatDescription,
  type IdpDescription,
} from "@tegata/engine/plugin-programs";

/** A conversation of docs/plugin-protocol.md: what is asked, and what is answered. */
interface Transcript {
  /** The request as it stands there. */
  readonly line: string;
  readonly request: Readonly<Record<string, unknown>> & { readonly request: string };
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

const docs = fileURLToPath(new URL("../../../docs", import.meta.url));
const record = v.record(v.string(), v.unknown());
const requestSchema = v.looseObject({ request: v.string() });

async function readTranscripts(): Promise<readonly Transcript[]> {
  const page = await readFile(join(docs, "plugin-protocol.md"), "utf8");
  return [...page.matchAll(/^```transcript\n([^]*?)^```$/gm)].map(([, block = ""]) => {
    const lines = block.trimEnd().split("\n");
    const said = (by: string) =>
      lines.filter((line) => line.startsWith(`${by} `)).map((line): unknown => JSON.parse(line.slice(2)));
    const [request] = said(">");
    expect(said(">").length + said("<").length).toBe(lines.length);
    const line = lines.find((each) => each.startsWith("> "))?.slice(2) ?? "";
    return { line, request: v.parse(requestSchema, request), events: said("<").map((event) => v.parse(record, event)) };
  });
}

let folder: string;
let transcripts: readonly Transcript[];
let validate: (definition: "request" | "event", message: unknown) => readonly string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tegata-protocol-"));
  transcripts = await readTranscripts();
  const schema = v.parse(record, JSON.parse(await readFile(join(docs, "plugin-protocol.schema.json"), "utf8")));
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    formats: { uri: true },
  });
  ajv.addSchema(schema, "protocol");
  validate = (definition, message) => {
    ajv.validate({ $ref: `protocol#/$defs/${definition}` }, message);
    return (ajv.errors ?? []).map(({ instancePath, message: words = "" }) => `${instancePath} ${words}`);
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A program that answers as a transcript has it, and only to the request that stands there, exactly. */
async function player({ line, events }: Transcript, kind: "idp" | "format", id: string): Promise<LocatedProgram> {
  const name = `tegata-${kind}-${id}`;
  const path = join(folder, name);
  const answer = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const status = events.at(-1)?.["event"] === "error" ? 1 : 0;
  await writeFile(
    path,
    `#!${process.execPath}
const wanted = ${JSON.stringify(`${line}\n`)};
process.stdin.once("data", (line) => {
  if (String(line) !== wanted) {
    process.stderr.write("asked for " + line);
    process.exit(9);
  }
  process.stdout.write(${JSON.stringify(answer)}, () => process.exit(${status}));
});
`,
  );
  await chmod(path, 0o755);
  return { kind, id, name, path, realPath: path, refusal: undefined };
}

const facts = () => ({
  platform: process.platform,
  env: {},
  signal: new AbortController().signal,
  log: () => undefined,
  stdoutIsTerminal: false,
});

function described(kind: "idp" | "format"): Description {
  const event = transcripts.flatMap(({ events }) => events).find((each) => each["kind"] === kind);
  const id = String(event?.["id"]);
  return readDescription(event, { kind, id, name: "", path: "", realPath: "", refusal: undefined });
}

function describedIdp(): IdpDescription {
  const description = described("idp");
  if (description.kind !== "idp") {
    throw new Error("not an identity provider");
  }
  return description;
}

function describedFormat(): FormatDescription {
  const description = described("format");
  if (description.kind !== "format") {
    throw new Error("not a format");
  }
  return description;
}

const kindOf = ({ request, events }: Transcript) =>
  ["acquire", "revoke"].includes(request.request) || events[0]?.["kind"] === "idp" ? "idp" : "format";

describe("docs/plugin-protocol.md", () => {
  it("has a transcript of every request, and only what its schema takes", () => {
    const requests = new Set(transcripts.map(({ request }) => request.request));
    expect([...requests].toSorted()).toEqual(["acquire", "describe", "render", "revoke", "unset"]);
    const events = new Set(transcripts.flatMap((each) => each.events.map(({ event }) => String(event))));
    expect([...events].toSorted()).toEqual(
      ["output", "description", "error", "id_token", "log", "prompt", "refresh_token", "revoked"].toSorted(),
    );
    for (const transcript of transcripts) {
      expect({ ...transcript.request, problems: validate("request", transcript.request) }).toMatchObject({
        problems: [],
      });
      for (const event of transcript.events) {
        expect({ ...event, problems: validate("event", event) }).toMatchObject({ problems: [] });
      }
    }
  });

  it("names every error code of an identity provider and of a format, and its schema those codes", async () => {
    const page = await readFile(join(docs, "plugin-protocol.md"), "utf8");
    const codesOf = (program: string) => {
      const [, cell = ""] = new RegExp(`^\\| ${program} \\| (.*) \\|$`, "m").exec(page) ?? [];
      return cell.split(", ").map((code) => code.replaceAll("`", ""));
    };
    expect(codesOf("identity provider")).toEqual(idpErrorCodes);
    expect(codesOf("format")).toEqual(formatErrorCodes);
    const text = await readFile(join(docs, "plugin-protocol.schema.json"), "utf8");
    const [, examples = ""] = /"code": \{[^}]*"examples": (\[[^\]]*\])/.exec(text) ?? [];
    expect(JSON.parse(examples)).toEqual([...idpErrorCodes, ...formatErrorCodes]);
  });

  it("describe: a transcript is the conversation that really takes place", async () => {
    for (const transcript of transcripts.filter(({ request }) => request.request === "describe")) {
      const kind = kindOf(transcript);
      const program = await player(transcript, kind, String(transcript.events[0]?.["id"]));
      const { description } = await describeProgram(program, "0.1.0", facts());
      expect(description).toMatchObject({ kind, id: program.id });
    }
  });

  it("acquire: a transcript is the conversation that really takes place", async () => {
    const description = describedIdp();
    let told = 0;
    for (const transcript of transcripts.filter(({ request }) => request.request === "acquire")) {
      const { request, events } = transcript;
      const idp = programIdp(await player(transcript, "idp", "acme"), description, facts());
      if (idp.kind !== "interactive") {
        throw new Error("the description on the page is that of a workload");
      }
      const { refreshToken, mayPrompt, account } = v.parse(
        v.looseObject({
          refreshToken: v.optional(v.string()),
          mayPrompt: v.boolean(),
          account: v.optional(v.string()),
        }),
        request,
      );
      const prompts: unknown[] = [];
      const kept: (string | null)[] = [];
      const ports = fakePorts({ fetch: () => Promise.reject(new Error("no network")) });
      const context: AcquireContext = {
        ...ports,
        signal: new AbortController().signal,
        refreshToken,
        wanted: { account },
        promptPerson: mayPrompt
          ? (prompt) => {
              prompts.push(prompt.kind === "device" ? prompt.userCode : prompt.authorizationUri);
              return () => prompts.push("taken away");
            }
          : undefined,
        discover: () => Promise.reject(new Error("no network")),
        storeRefreshToken: async (token) => void kept.push(token),
        dropRefreshToken: async () => void kept.push(null),
      };
      const grant = await idp
        .acquire(v.parse(idp.settings, request["settings"]), context)
        .catch((error: unknown) => (isTegataError(error) ? { code: error.code } : Promise.reject(error)));
      const last = events.at(-1) ?? {};
      const wanted = events.flatMap((event) =>
        event["event"] === "prompt" ? [event["userCode"] ?? event["authorizationUri"], "taken away"] : [],
      );
      expect(prompts).toEqual(wanted);
      expect(grant).toEqual(
        last["event"] === "error"
          ? { code: last["code"] }
          : {
              idToken: last["idToken"],
              refreshToken: last["refreshToken"],
              byRefreshToken: refreshToken !== undefined,
            },
      );
      const dropped = events.filter(({ event }) => event === "refresh_token").map((event) => event["refreshToken"]);
      expect(kept).toEqual(refreshToken === undefined ? [] : [...dropped, ...[last["refreshToken"] ?? []].flat()]);
      told += 1;
    }
    expect(told).toBe(4);
  });

  it("revoke: a transcript is the conversation that really takes place", async () => {
    const transcript = transcripts.find(({ request }) => request.request === "revoke");
    if (transcript === undefined) {
      throw new Error("there is no such transcript");
    }
    const { request } = transcript;
    const program = await player(transcript, "idp", "acme");
    const idp = programIdp(program, describedIdp(), facts());
    const settings = v.parse(idp.settings, v.parse(record, request)["settings"]);
    const ports = fakePorts({ fetch: () => Promise.reject(new Error("no network")) });
    expect(idp).toMatchObject({ kind: "interactive", revoke: expect.any(Function) as unknown });
    if (idp.kind === "interactive") {
      await idp.revoke?.(settings, String(v.parse(record, request)["refreshToken"]), {
        ...ports,
        signal: facts().signal,
      });
    }
  });

  it("render, unset: a transcript is the conversation that really takes place", async () => {
    let told = 0;
    for (const transcript of transcripts.filter(({ request }) => ["render", "unset"].includes(request.request))) {
      const { request, events } = transcript;
      const program = await player(transcript, "format", "ini");
      const format = programFormat(program, describedFormat(), facts());
      const { region, profile, credentials } = v.parse(
        v.looseObject({
          region: v.optional(v.string(), ""),
          profile: v.optional(v.string()),
          credentials: v.optional(v.custom<AwsCredentials>((value) => typeof value === "object")),
        }),
        request,
      );
      const options = v.parse(format.options, request["options"]);
      const context = fakeFormatContext({ region, profile });
      const answer = Promise.resolve(
        credentials === undefined
          ? format.renderUnset?.(options, context)
          : format.render(credentials, options, context),
      );
      const [{ event, text, code, message, hint } = {}] = events;
      const given = await answer.catch((error: unknown) => error);
      const refused = { code, message: `${program.name}: ${String(message)}`, hint };
      const shown = isTegataError(given) ? { code: given.code, message: given.message, hint: given.hint } : given;
      expect(shown).toEqual(event === "error" ? refused : text);
      told += 1;
    }
    expect(told).toBe(3);
  });
});

const idpDescription = {
  event: "description",
  protocols: [1],
  kind: "idp",
  id: "acme",
  summary: "an example",
  settings: {
    properties: { issuer: { type: "string", format: "uri", description: "the issuer" } },
    required: ["issuer"],
  },
  issuer: "{issuer}",
  audience: "me",
};
const field = (changes: object) => ({
  settings: { properties: { issuer: { type: "string", description: "the issuer", ...changes } }, required: ["issuer"] },
});
const acme: LocatedProgram = {
  kind: "idp",
  id: "acme",
  name: "tegata-idp-acme",
  path: "/bin/tegata-idp-acme",
  realPath: "/bin/tegata-idp-acme",
  refusal: undefined,
};

describe("a description that", () => {
  it("is good is accepted by tegata and by the schema", () => {
    expect(readDescription(idpDescription, acme)).toMatchObject({
      signIn: "interactive",
      revokes: false,
      variables: [],
    });
    expect(validate("event", idpDescription)).toEqual([]);
    const later = { ...idpDescription, protocols: [1, 2], somethingNew: true };
    expect(readDescription(later, acme)).toMatchObject({ id: "acme" });
    expect(validate("event", later)).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    [
      "is of a newer version",
      { protocols: [2, 3] },
      /speaks version 2, 3 of the plugin protocol, and this tegata version 1$/,
    ],
    ["names no version", { protocols: [] }, /protocols must name a version$/],
    ["is of another kind", { kind: "shell" }, /kind makes no sense$/],
    [
      "names a setting of the browser flow that it does not have",
      { flows: ["browser"], browserSettings: ["organization"] },
      /names a setting in browserSettings that it does not have: organization$/,
    ],
    [
      "has settings of the browser flow without that flow",
      { browserSettings: ["issuer"] },
      /has browserSettings, and no flow browser$/,
    ],
    [
      "requires a claim to be what no setting says",
      { requiredClaims: [{ claim: "org_id", setting: "organization" }] },
      /requires the claim org_id to be what a setting says that is no text: organization$/,
    ],
    ["has no summary", { summary: undefined }, /summary is missing$/],
    ["has a summary of two lines", { summary: "a\nb" }, /summary must be one printable line/],
    ["has an escape sequence in its summary", { summary: "\u001b[31mred" }, /summary must be one printable line/],
    [
      "has a mark that turns text round in a description",
      field({ description: "\u202eabc" }),
      /description must be one/,
    ],
    ["has no description for a setting", field({ description: undefined }), /description is missing$/],
    ["has a keyword that is not known", field({ pattern: "^a" }), /pattern makes no sense$/],
    ["has a type that is not known", field({ type: "array" }), /type makes no sense$/],
    ["has a default of another type", field({ default: 7 }), /default must be text$/],
    ["has a default that it does not take itself", field({ enum: ["a"], default: "b" }), /has a default that/],
    [
      "has a setting in camelCase",
      { settings: { properties: { clientId: { type: "string", description: "the id" } } } },
      /clientId must be snake_case$/,
    ],
    [
      "requires a setting that is not there",
      { settings: { properties: {}, required: ["issuer"] } },
      /as required that is not there$/,
    ],
    [
      "makes its issuer of a setting that may be missing",
      { settings: { properties: { issuer: { type: "string", description: "the issuer" } } } },
      /of "\{issuer\}", which is no setting that always has a value$/,
    ],
    [
      "wants a variable of AWS",
      { variables: ["AWS_SECRET_ACCESS_KEY"] },
      /must not be a variable of AWS or of the program that runs this$/,
    ],
    ["wants a variable of tegata in small letters", { variables: ["tegata_state_dir"] }, /must not be a variable/],
    ["has a host that is none", { verificationHosts: ["https://a/b"] }, /must be a host name$/],
    ["goes by another name", { id: "other" }, /says that it is idp "of another name"$/],
  ])("%s is refused", async (_name, changes, message) => {
    const bad: unknown = JSON.parse(JSON.stringify({ ...idpDescription, ...changes }));
    const attempt = Promise.resolve().then(() => readDescription(bad, acme));
    const error = await failure(attempt, "plugin_invalid");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/tegata-idp-acme/);
    expect(error.hint).toBe("tell its author; plugins check acme says more");
    // What depends on two members at once, on the file's name or on what can be shown is beyond a schema.
    const beyond =
      /browserSettings|requires the claim|printable|must be one|has a default that|as required that|always has a value|of another name/;
    expect(validate("event", bad).length > 0, "the schema takes it").toBe(!beyond.test(message.source));
  });
});
