import { validationError } from "./sts-error.ts";

/** Parameters of AssumeRoleWithWebIdentity that keep the constraints of the STS model. */
export interface WebIdentityParameters {
  roleArn: string;
  roleSessionName: string;
  webIdentityToken: string;
  durationSeconds: number;
  policy: string | undefined;
  policyArns: readonly string[];
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

/** Reads and checks every parameter before anything else is looked at, and names all problems at once, as AWS does. */
export function parseWebIdentityParameters(parameters: URLSearchParams): WebIdentityParameters {
  const problems: string[] = [];
  const text = (member: string, constraint: Constraint): string => {
    const value = parameters.get(member);
    problems.push(...problemsOf(value, constraint));
    return value ?? "";
  };
  const roleArn = text("RoleArn", ROLE_ARN);
  const roleSessionName = text("RoleSessionName", ROLE_SESSION_NAME);
  const webIdentityToken = text("WebIdentityToken", WEB_IDENTITY_TOKEN);
  const policy = parameters.has("Policy") ? text("Policy", POLICY) : undefined;
  const durationSeconds = duration(parameters.get("DurationSeconds"), problems);
  const policyArns = [...parameters]
    .filter(([name]) => /^PolicyArns\.member\.\d+\.arn$/.test(name))
    .map(([, arn]) => arn);
  if (policyArns.length > MAX_POLICY_ARNS) {
    problems.push(broken("policyArns", undefined, `Member must have length less than or equal to ${MAX_POLICY_ARNS}`));
  }
  if (problems.length > 0) {
    const count = problems.length === 1 ? "1 validation error" : `${problems.length} validation errors`;
    throw validationError(`${count} detected: ${problems.join("; ")}`);
  }
  if (parameters.has("ProviderId")) {
    throw validationError("ProviderId must not be given for an OpenID Connect ID token.");
  }
  return { roleArn, roleSessionName, webIdentityToken, durationSeconds, policy, policyArns };
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
