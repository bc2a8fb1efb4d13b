import { StsError, validationError } from "./sts-error.ts";

/** Parameters of AssumeRoleWithWebIdentity that keep the constraints of the STS model. */
export interface WebIdentityParameters extends RoleParameters {
  webIdentityToken: string;
}

interface Constraint {
  name: string;
  minLength: number;
  maxLength: number;
  pattern?: { source: string; test: RegExp };
  /** AWS does not repeat a token in its message. */
  secret?: boolean;
}

const ROLE_ARN: Constraint = {
  name: "roleArn",
  minLength: 20,
  maxLength: 2048,
  pattern: {
    source: String.raw`[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`,
    // oxlint-disable-next-line no-control-regex -- tab and line ends are what the STS model allows
    test: /^[\t\n\r\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD]+$/u,
  },
};
const ROLE_SESSION_NAME: Constraint = {
  name: "roleSessionName",
  minLength: 2,
  maxLength: 64,
  pattern: { source: String.raw`[\w+=,.@-]*`, test: /^[A-Za-z0-9_+=,.@-]*$/ },
};
const WEB_IDENTITY_TOKEN: Constraint = { name: "webIdentityToken", minLength: 4, maxLength: 20_000, secret: true };
const POLICY: Constraint = { name: "policy", minLength: 1, maxLength: Infinity };
const DURATION = { minimum: 900, maximum: 43_200, default: 3600 };
const MAX_POLICY_ARNS = 10;

/** What every way to a role asks for. */
interface RoleParameters {
  roleArn: string;
  roleSessionName: string;
  durationSeconds: number;
  policy: string | undefined;
  policyArns: readonly string[];
}

/** Parameters of AssumeRole that keep the constraints of the STS model. */
export interface AssumeRoleParameters extends RoleParameters {
  externalId: string | undefined;
  sourceIdentity: string | undefined;
  tags: ReadonlyMap<string, string>;
  transitiveTagKeys: readonly string[];
}

const EXTERNAL_ID: Constraint = {
  name: "externalId",
  minLength: 2,
  maxLength: 1224,
  pattern: { source: String.raw`[\w+=,.@:\/-]*`, test: /^[\w+=,.@:/-]*$/ },
};
const SOURCE_IDENTITY: Constraint = { ...ROLE_SESSION_NAME, name: "sourceIdentity" };
const TAG_PATTERN = { source: String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, test: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u };
const MAX_TAGS = 50;

/** Reads and checks every parameter before anything else is looked at, and names all problems at once, as AWS does. */
export function parseWebIdentityParameters(parameters: URLSearchParams): WebIdentityParameters {
  const reader = readerOf(parameters);
  const role = reader.role();
  const webIdentityToken = reader.text("WebIdentityToken", WEB_IDENTITY_TOKEN);
  reader.end();
  if (parameters.has("ProviderId")) {
    throw validationError("ProviderId must not be given for an OpenID Connect ID token.");
  }
  return { ...role, webIdentityToken };
}

/** The same for AssumeRole. */
export function parseAssumeRoleParameters(parameters: URLSearchParams): AssumeRoleParameters {
  const reader = readerOf(parameters);
  const role = reader.role();
  const externalId = reader.optional("ExternalId", EXTERNAL_ID);
  const sourceIdentity = reader.optional("SourceIdentity", SOURCE_IDENTITY);
  const keys = reader.members("Tags", "Key");
  const values = reader.members("Tags", "Value");
  const transitiveTagKeys = reader.members("TransitiveTagKeys");
  keys.forEach((key, index) => {
    reader.judge(key, { name: `tags.${index + 1}.member.key`, minLength: 1, maxLength: 128, pattern: TAG_PATTERN });
    const value = { name: `tags.${index + 1}.member.value`, minLength: 0, maxLength: 256, pattern: TAG_PATTERN };
    reader.judge(values[index] ?? null, value);
  });
  reader.atMost("tags", keys, MAX_TAGS);
  reader.end();
  if (new Set(keys.map((key) => key.toLowerCase())).size < keys.length) {
    throw new StsError(
      "InvalidParameterValue",
      400,
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    );
  }
  const tags = new Map(keys.map((key, index) => [key, values[index] ?? ""]));
  return { ...role, externalId, sourceIdentity, tags, transitiveTagKeys };
}

function readerOf(parameters: URLSearchParams) {
  const problems: string[] = [];
  const judge = (value: string | null, constraint: Constraint): string => {
    problems.push(...problemsOf(value, constraint));
    return value ?? "";
  };
  const text = (member: string, constraint: Constraint) => judge(parameters.get(member), constraint);
  const optional = (member: string, constraint: Constraint) =>
    parameters.has(member) ? text(member, constraint) : undefined;
  const members = (list: string, member?: string): readonly string[] => {
    const pattern = new RegExp(
      String.raw`^${list}\.member\.(\d+)${member === undefined ? "" : String.raw`\.${member}`}$`,
    );
    return [...parameters]
      .flatMap(([name, value]) => {
        const [, index] = pattern.exec(name) ?? [];
        return index === undefined ? [] : [[Number(index), value] as const];
      })
      .toSorted(([one], [other]) => one - other)
      .map(([, value]) => value);
  };
  const atMost = (name: string, list: readonly string[], most: number) => {
    if (list.length > most) {
      problems.push(broken(name, undefined, `Member must have length less than or equal to ${most}`));
    }
  };
  return {
    judge,
    text,
    optional,
    members,
    atMost,
    role: (): RoleParameters => {
      const roleArn = text("RoleArn", ROLE_ARN);
      const roleSessionName = text("RoleSessionName", ROLE_SESSION_NAME);
      const policy = optional("Policy", POLICY);
      const durationSeconds = duration(parameters.get("DurationSeconds"), problems);
      const policyArns = members("PolicyArns", "arn");
      atMost("policyArns", policyArns, MAX_POLICY_ARNS);
      return { roleArn, roleSessionName, durationSeconds, policy, policyArns };
    },
    end: () => {
      if (problems.length > 0) {
        const count = problems.length === 1 ? "1 validation error" : `${problems.length} validation errors`;
        throw validationError(`${count} detected: ${problems.join("; ")}`);
      }
    },
  };
}

function problemsOf(value: string | null, constraint: Constraint): string[] {
  const { name, minLength, maxLength, pattern, secret = false } = constraint;
  if (value === null) {
    return [`Value null at '${name}' failed to satisfy constraint: Member must not be null`];
  }
  const shown = secret ? undefined : value;
  const problems: string[] = [];
  if (value.length < minLength) {
    problems.push(broken(name, shown, `Member must have length greater than or equal to ${minLength}`));
  }
  if (value.length > maxLength) {
    problems.push(broken(name, shown, `Member must have length less than or equal to ${maxLength}`));
  }
  if (pattern !== undefined && !pattern.test.test(value)) {
    problems.push(broken(name, shown, `Member must satisfy regular expression pattern: ${pattern.source}`));
  }
  return problems;
}

function duration(value: string | null, problems: string[]): number {
  if (value === null) {
    return DURATION.default;
  }
  if (!/^-?\d+$/.test(value)) {
    throw validationError(
      `Value '${value}' at 'durationSeconds' failed to satisfy constraint: Member must be an integer`,
    );
  }
  const seconds = Number(value);
  if (seconds < DURATION.minimum) {
    problems.push(
      broken("durationSeconds", value, `Member must have value greater than or equal to ${DURATION.minimum}`),
    );
  }
  if (seconds > DURATION.maximum) {
    problems.push(broken("durationSeconds", value, `Member must have value less than or equal to ${DURATION.maximum}`));
  }
  return seconds;
}

function broken(name: string, value: string | undefined, constraint: string): string {
  return `Value ${value === undefined ? "" : `'${value}' `}at '${name}' failed to satisfy constraint: ${constraint}`;
}
