/**
 * The protocol of plugins that are programs, as docs/plugin-protocol.md has it: one JSON object per line, a request on the
 * program's stdin, events on its stdout.
 */
import { isLoopbackHost, printable, userCodeSchema } from "@tegata/core";
import * as v from "valibot";
import { fieldsSchema } from "./described-fields.ts";

/** The version of the protocol that this program speaks: the member `protocol` of each request. */
export const protocolVersion = 1;

/** How long a program may take, and how much it may say. */
export const limits = {
  describeMilliseconds: 5000,
  renderMilliseconds: 30_000,
  revokeMilliseconds: 10_000,
  /** Until the first prompt, or the token; from then on a program has as long as the code lives. */
  acquireMilliseconds: 30_000,
  /** Between the end of a code and that of the program that waits for it. */
  codeMarginMilliseconds: 5000,
  /** Between the last event, a closed stdin or SIGTERM, and the end of the program. */
  graceMilliseconds: 2000,
  describeBytes: 65_536,
  /** Of all that an IdP program writes to stdout in one run. */
  acquireBytes: 131_072,
  tokenCharacters: 20_000,
  urlCharacters: 2048,
  prompts: 10,
  /** Of output, decoded. */
  outputBytes: 1_048_576,
  /** Of stdout with output in it: JSON and base64 take more room than what they hold. */
  renderBytes: 2_097_152,
  /** A program that writes more to stderr is ended. */
  stderrBytes: 1_048_576,
} as const;

/** The codes that an `error` event may name; any other is `process_failed`. */
export const idpErrorCodes = [
  "sign_in_required",
  "sign_in_expired",
  "sign_in_denied",
  "idp_unreachable",
  "idp_unavailable",
  "idp_invalid_response",
  "idp_grant_disabled",
  "idp_client_rejected",
  "idp_rejected",
  "id_token_missing",
  "id_token_wrong_account",
  "port_taken",
  "client_credential_invalid",
  "workload_not_found",
  "workload_token_missing",
  "settings_invalid",
  "settings_incomplete",
] as const;
/** The same for a format. */
export const formatErrorCodes = ["output_failed", "usage_invalid"] as const;

/** What a person will see: one line without anything that a terminal would obey. */
function words(maxLength: number) {
  return v.pipe(
    v.string("must be text"),
    v.nonEmpty("must not be empty"),
    v.maxLength(maxLength, `must have at most ${maxLength} characters`),
    v.check((text) => printable(text, maxLength) === text, "must be one printable line without double spaces"),
  );
}

const summary = words(100);
const protocols = v.pipe(v.array(v.number()), v.nonEmpty("must name a version"));
const isOwnVariable = /^(AWS|TEGATA)_/i;
const variables = v.optional(
  v.pipe(
    v.array(
      v.pipe(
        v.string("must be a name"),
        v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, "must be the name of a variable"),
        v.check((name) => !isOwnVariable.test(name), "must not be a variable of AWS or of the program that runs this"),
      ),
    ),
    v.maxLength(16, "must be at most 16 names"),
  ),
  [],
);
const template = v.pipe(v.string("must be text"), v.nonEmpty("must not be empty"), v.maxLength(2000));
const hosts = v.optional(
  v.pipe(
    v.array(v.pipe(template, v.regex(/^[\w.{}:[\]-]+$/, "must be a host name"))),
    v.maxLength(8, "must be at most 8 hosts"),
  ),
  [],
);
const flag = v.optional(v.boolean("must be true or false"), false);

const settingName = v.pipe(v.string("must be a name"), v.maxLength(40, "must have at most 40 characters"));
const requiredClaim = v.object({
  claim: words(100),
  /** The setting that asks for it: the claim must be its value. */
  setting: settingName,
  ignoresCase: flag,
});

const idpDescription = v.object({
  event: v.literal("description"),
  protocols,
  kind: v.literal("idp"),
  id: v.string(),
  summary,
  settings: fieldsSchema,
  signIn: v.optional(v.picklist(["interactive", "workload"]), "interactive"),
  flows: v.optional(
    v.pipe(v.array(v.picklist(["device", "browser"])), v.nonEmpty("must name a flow"), v.maxLength(2)),
    ["device"],
  ),
  browserSettings: v.optional(v.pipe(v.array(settingName), v.maxLength(16, "must be at most 16 names")), []),
  issuer: template,
  audience: template,
  requiredClaims: v.optional(v.pipe(v.array(requiredClaim), v.maxLength(8, "must be at most 8 claims")), []),
  verificationHosts: hosts,
  revokes: flag,
  variables,
});

const formatDescription = v.object({
  event: v.literal("description"),
  protocols,
  kind: v.literal("format"),
  id: v.string(),
  summary,
  options: v.optional(fieldsSchema, {}),
  asksPerson: v.optional(v.picklist(["terminal", "never"]), "terminal"),
  unsets: flag,
  variables,
});

/** What a program says of itself. Members that the protocol does not know are left out. */
export const descriptionSchema = v.variant("kind", [idpDescription, formatDescription]);
/** What a program says of itself that is an identity provider. */
export type IdpDescription = v.InferOutput<typeof idpDescription>;
/** What a program says of itself that is a format. */
export type FormatDescription = v.InferOutput<typeof formatDescription>;
/** What a program says of itself. */
export type Description = IdpDescription | FormatDescription;

/** For the contract suite: what the protocol does not know is probably a typing mistake. */
export const knownMembers = {
  idp: new Set(Object.keys(idpDescription.entries)),
  format: new Set(Object.keys(formatDescription.entries)),
} as const;

const token = v.pipe(
  v.string("must be text"),
  v.nonEmpty("must not be empty"),
  v.maxLength(limits.tokenCharacters, `must have at most ${limits.tokenCharacters} characters`),
);

const page = v.pipe(
  v.string("must be text"),
  v.nonEmpty("must not be empty"),
  v.maxLength(limits.urlCharacters, `must have at most ${limits.urlCharacters} characters`),
);

const lifetime = v.pipe(v.number(), v.gtValue(0), v.maxValue(86_400));

/** Where a program waits for a browser. */
const ownAddress = v.pipe(
  page,
  v.check((text) => URL.canParse(text) && isLoopbackHost(new URL(text).hostname), "must be an address of this machine"),
  v.transform((text) => new URL(text).href),
);

/** On the way to a token. */
export const acquireEventSchema = v.variant("event", [
  v.variant("kind", [
    v.object({
      event: v.literal("prompt"),
      kind: v.optional(v.literal("device"), "device"),
      verificationUri: page,
      // Empty means the same as left out, as in a response of RFC 8628.
      verificationUriComplete: v.optional(
        v.union([
          v.pipe(
            v.literal(""),
            v.transform(() => undefined),
          ),
          page,
        ]),
      ),
      userCode: userCodeSchema,
      expiresInSeconds: lifetime,
    }),
    v.object({
      event: v.literal("prompt"),
      kind: v.literal("browser"),
      authorizationUri: page,
      redirectUri: v.optional(ownAddress),
      expiresInSeconds: lifetime,
    }),
  ]),
  v.object({ event: v.literal("refresh_token"), refreshToken: v.nullable(token) }),
  v.object({ event: v.literal("id_token"), idToken: token, refreshToken: v.optional(token) }),
]);

export const revokedEventSchema = v.object({ event: v.literal("revoked") });

// Of the control characters a text may hold those that lay it out: all that is written may reach a terminal.
const layout = /^[^\p{Cc}\p{Cs}]*$/u;

export const outputEventSchema = v.pipe(
  v.object({
    event: v.literal("output"),
    text: v.optional(
      v.pipe(
        v.string("must be text"),
        v.check((text) => layout.test(text.replace(/[\n\r\t]/g, "")), "must hold no control character"),
      ),
    ),
    base64: v.optional(v.pipe(v.string("must be text"), v.base64("must be base64"))),
    mediaType: v.optional(
      v.pipe(words(200), v.regex(/^[\w.+-]+\/[\w.+-]+(?:; ?[\w.=+"-]+)*$/, "must be a media type")),
    ),
  }),
  v.check(({ text, base64 }) => (text === undefined) !== (base64 === undefined), "must have text or base64"),
);

/** Events that may come in response to every request. */
export const logEventSchema = v.object({ event: v.literal("log"), message: v.string() });
export const errorEventSchema = v.object({
  event: v.literal("error"),
  code: v.optional(v.string(), ""),
  message: v.pipe(v.string(), v.nonEmpty()),
  hint: v.optional(v.string()),
});

/** A request, without the version that it is written in. */
export interface ProgramRequest {
  readonly request: string;
  readonly [member: string]: unknown;
}

/**
 * One line of ASCII that begins with the version and the kind of request, so that the simplest of programs can take it
 * apart.
 */
export function encodeRequest({ request, ...members }: ProgramRequest): string {
  const json = JSON.stringify({ protocol: protocolVersion, request, ...members });
  return `${json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** What is wrong with a message: `userCode must be printable`. */
export function issueText(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const known = /^(?:must|is|names|has)\b/.test(issue.message);
  const problem = known ? issue.message : issue.received === "undefined" ? "is missing" : "makes no sense";
  return printable(path === null ? problem : `${path} ${problem}`, 200);
}
