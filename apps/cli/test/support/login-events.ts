import * as v from "valibot";

const instant = v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/));

/** `login --json` as `cli.md` has it: no member more, no member less. */
const loginEvent = v.variant("event", [
  v.strictObject({
    event: v.literal("device_authorization"),
    verificationUri: v.string(),
    verificationUriComplete: v.string(),
    userCode: v.pipe(v.string(), v.regex(/^([A-Z]{4}-[A-Z]{4}|\d{4}-\d{4}-\d{4})$/)),
    expiresAt: instant,
  }),
  v.strictObject({
    event: v.literal("authorization_request"),
    authorizationUri: v.string(),
    redirectUri: v.optional(v.string()),
    expiresAt: instant,
  }),
  v.strictObject({
    event: v.literal("signed_in"),
    issuer: v.string(),
    subject: v.string(),
    account: v.optional(v.string()),
    profile: v.optional(v.string()),
    roleArn: v.optional(v.string()),
    expiresAt: v.optional(instant),
  }),
  v.strictObject({
    event: v.literal("still_signed_in"),
    issuer: v.string(),
    subject: v.string(),
    account: v.optional(v.string()),
    profile: v.optional(v.string()),
    roleArn: v.optional(v.string()),
    by: v.picklist(["credentials", "id_token", "refresh_token"]),
    expiresAt: v.optional(instant),
  }),
  v.strictObject({
    event: v.literal("error"),
    code: v.string(),
    message: v.string(),
    hint: v.optional(v.string()),
    details: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
  }),
]);

type LoginEvent = v.InferOutput<typeof loginEvent>;

/** One event a line, and nothing else. */
export function loginEvents(stdout: string): LoginEvent[] {
  const lines = stdout.split("\n");
  if (lines.pop() !== "") {
    throw new Error(`the last line of stdout has no end: ${stdout}`);
  }
  return lines.map((line) => v.parse(loginEvent, JSON.parse(line)));
}
