import {
  type ErrorCode,
  flag,
  hint,
  next,
  or,
  printable,
  roleArnSchema,
  setting,
  shownValue,
  signInRequired,
  toIsoSeconds,
  toRoleSessionName,
  wordingOf,
  words,
} from "@tegata/core";
import type { DiagnosisStep, FailureStatus, TokenAtHand } from "@tegata/engine";
import {
  audienceOf,
  judgeTokenForSts,
  judgeTrustPolicy,
  type StatementJudgement,
  type TokenRefusal,
  type TrustContext,
  type TrustJudgement,
} from "@tegata/trust-policy";
import * as v from "valibot";
import type { PolicyInput, TokenInput } from "./trust-input.ts";

/** What is held against each other. */
export interface TrustInputs {
  readonly policy: PolicyInput;
  /** Left out: the token at hand. */
  readonly given?: TokenInput | undefined;
  /** What a run would ask for, by settings; left out where there are none. */
  readonly atHand?: TokenAtHand | undefined;
  /** True: a diagnosis has told of the token at hand already. */
  readonly isTold?: boolean;
  /** What was typed. */
  readonly typed: Pick<TrustContext, "roleArn" | "roleSessionName" | "region">;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What AWS said of a run, now or the last time; left out where it said nothing. */
  readonly failure?: Pick<FailureStatus, "code" | "message"> | undefined;
}

/** What was found. */
export interface TrustFindings {
  readonly steps: readonly DiagnosisStep[];
  readonly judgement?: TrustJudgement;
}

/** How STS would refuse, by what it refuses. All of them are status 5. */
const codes: Partial<Record<TokenRefusal["id"], ErrorCode>> = {
  audience: "sts_audience_rejected",
  "roles-claim": "sts_role_not_listed",
};

const notSeen = "the trust policy was not looked at when AWS refused";

/** What AWS says before the trust policy, and by it: the verdict. */
const otherThanPolicy: ReadonlySet<ErrorCode> = new Set([
  "sts_provider_unknown",
  "sts_audience_rejected",
  "sts_id_token_rejected",
  "sts_id_token_expired",
  "sts_claim_rejected",
  "sts_role_not_listed",
  "sts_verification_key_unavailable",
  "sts_idp_unreachable",
  "sts_request_invalid",
  "sts_region_disabled",
]);

/** The steps of judging a token by a trust policy. Sends nothing. */
export function trustSteps(inputs: TrustInputs): TrustFindings {
  const { policy, given, atHand, now } = inputs;
  const token = given?.token ?? atHand?.token;
  if (token === undefined && atHand?.idpKind === "workload") {
    return {
      steps: [
        {
          id: "token",
          state: "failed",
          code: "workload_token_missing",
          message: ["no ID token is at hand: the platform was not asked for one"],
          hint: [hint`leave out ${flag("offline")}`, or`give one with ${setting("token_file", "FILE")}`],
        },
      ],
    };
  }
  if (token === undefined) {
    const { message, hint: advice } = wordingOf(signInRequired());
    return {
      steps: [
        {
          id: "token",
          state: "failed",
          code: "sign_in_required",
          message: words`no ID token is at hand: ${message}`,
          hint: [...(advice ?? []), or`give one with ${setting("token_file", "FILE")}`],
        },
      ],
    };
  }
  const context = contextOf(inputs, token);
  const steps = [...policySteps(inputs), ...(inputs.isTold === true ? [] : tokenSteps(token, given))];
  const refusals = judgeTokenForSts({
    claims: token.claims,
    header: token.header,
    context: { now: new Date(now), roleArn: context.roleArn },
  });
  steps.push(...refusals.map(refusalStep));
  const judgement = judgeTrustPolicy({ policy: policy.policy, claims: token.claims, context });
  return { steps: [...steps, ...verdictSteps(judgement, inputs, context)], judgement };
}

/** What was typed counts first, then the role of the policy, then the settings. */
function contextOf({ policy, atHand, typed, now }: TrustInputs, token: TokenInput["token"]): TrustContext {
  const { email, sub } = token.claims;
  const roleArn = typed.roleArn ?? policy.policy.role?.arn ?? atHand?.role?.arn;
  const named = [email, sub].filter((name) => typeof name === "string");
  return {
    roleArn,
    roleSessionName: typed.roleSessionName ?? atHand?.roleSessionName ?? toRoleSessionName(...named),
    region: typed.region ?? atHand?.region,
    now: new Date(now),
  };
}

function policySteps({ policy, typed, atHand }: TrustInputs): DiagnosisStep[] {
  const { name } = policy;
  const { statements, role } = policy.policy;
  const count = `${statements.length} ${statements.length === 1 ? "statement" : "statements"}`;
  const step: DiagnosisStep = {
    id: "policy",
    state: "ok",
    message: [`${name}: ${count}${role === undefined ? "" : ` of ${printable(role.arn, 200)}`}`],
  };
  const meant = typed.roleArn ?? atHand?.role?.arn;
  return role === undefined || meant === undefined || meant === role.arn
    ? [step]
    : [
        step,
        {
          id: "role",
          state: "warning",
          message: [`the policy is that of ${printable(role.arn, 200)}, and this is about ${printable(meant, 200)}`],
          hint: [hint`get that one: ${getRoleLine(meant)}`],
        },
      ];
}

function tokenSteps({ claims }: TokenInput["token"], given: TokenInput | undefined): readonly DiagnosisStep[] {
  const { iss, sub, exp } = claims;
  const until = v.is(secondsSchema, exp) ? `, until ${toIsoSeconds(exp * 1000)}` : "";
  const audience = audienceOf(claims).map((each) => shownValue(each, 120));
  const origin = given === undefined ? "" : `${given.name}, its signature unchecked: `;
  return [
    {
      id: "token",
      state: "ok",
      message: [
        `${origin}iss ${shownValue(iss, 200)}, aud ${audience.join(", ")}, sub ${shownValue(sub, 200)}${until}`,
      ],
    },
    ...(given?.isExposed === true
      ? [
          {
            id: "token-file",
            state: "warning" as const,
            message: [`${given.name} holds a token, and others on this machine can read or change it`],
            hint: [hint`let it be yours alone, with mode 600`, next`get another token if this one still counts`],
          },
        ]
      : []),
  ];
}

const secondsSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(8_640_000_000_000));

function refusalStep({ id, state, message }: TokenRefusal): DiagnosisStep {
  return state === "warning"
    ? { id: "token", state, message: [message] }
    : { id: "sts-token", state, message: [message], code: codes[id] ?? "sts_id_token_rejected" };
}

function verdictSteps(
  judgement: TrustJudgement,
  { failure }: TrustInputs,
  { roleArn }: TrustContext,
): readonly DiagnosisStep[] {
  const { verdict, why, warnings, elsewhere } = judgement;
  const steps: DiagnosisStep[] = [verdictStep(verdict, why, roleArn)];
  for (const warning of warnings) {
    const where = warning.statement === undefined ? "" : `statement ${warning.statement}: `;
    steps.push({ id: "trust-policy", state: "warning", message: [`${where}${warning.message}`] });
  }
  if (failure !== undefined && otherThanPolicy.has(failure.code)) {
    steps.push({
      id: "sts-error",
      state: "warning",
      message: words`${notSeen}: ${failure.message}`,
    });
  } else if (failure?.code === "sts_access_denied" && verdict !== "denied") {
    steps.push({
      id: "sts-error",
      state: "warning",
      message: [
        `AWS refused all the same; it could still be that ${elsewhere.map(({ message }) => message).join("; or that ")}`,
      ],
      hint: [...new Set(elsewhere.map(({ command }) => command))].flatMap((line) =>
        line === undefined ? [] : [hint`${line}`],
      ),
    });
  }
  return steps;
}

function verdictStep(verdict: TrustJudgement["verdict"], why: string, roleArn: string | undefined): DiagnosisStep {
  switch (verdict) {
    case "allowed":
      return { id: "trust-policy", state: "ok", message: [`the policy lets this token in: ${why}`] };
    case "unknown":
      return {
        id: "trust-policy",
        state: "warning",
        message: [`whether the policy lets this token in cannot be known here: ${why}`],
      };
    case "denied":
      return {
        id: "trust-policy",
        state: "failed",
        code: "sts_access_denied",
        message: [`the policy keeps this token out: ${why}`],
        hint: [hint`correct the policy`, ...(roleArn === undefined ? [] : [next`${updateLine(roleArn)}`])],
      };
  }
}

function getRoleLine(roleArn: string): string {
  return `aws iam get-role --role-name ${roleNameOf(roleArn)} --output json`;
}

function updateLine(roleArn: string): string {
  return `aws iam update-assume-role-policy --role-name ${roleNameOf(roleArn)} --policy-document file://trust.json`;
}

/** Nothing of it is read by a shell: the schema takes letters, digits and `_+=,.@-`. */
function roleNameOf(roleArn: string): string {
  const parsed = v.safeParse(roleArnSchema, roleArn);
  return parsed.success ? parsed.output.roleName : "NAME";
}

/** As `--json` has it. */
export function trustObject({ verdict, statements }: TrustJudgement): unknown {
  return { verdict, statements: statements.map(statementObject) };
}

function statementObject({ conditions, ...statement }: StatementJudgement): unknown {
  return {
    ...statement,
    conditions: conditions.map(({ operator, key, wanted, had, verdict, why }) => ({
      operator,
      key,
      wanted,
      ...(had === undefined ? {} : { had }),
      verdict,
      why,
    })),
  };
}
