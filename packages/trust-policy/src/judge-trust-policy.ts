import { shownName, type TokenClaims } from "@tegata/core";
import { type OutsideOfPolicy, outsideOfPolicy } from "./elsewhere.ts";
import { explainAction, isAbout, type NeededAction, neededActions } from "./judge-action.ts";
import { type ConditionJudgement, judgeCondition } from "./judge-condition.ts";
import { judgePrincipal, type PrincipalJudgement } from "./judge-principal.ts";
import { findWarnings, type PolicyWarning } from "./policy-warnings.ts";
import { providerOf } from "./provider.ts";
import { readTrustPolicy, type TrustPolicy, type TrustStatement } from "./read-policy.ts";
import { accountOf, type TrustContext, type TrustRequest } from "./request-context.ts";
import { claimText } from "./claim-texts.ts";
import { allOf, anyOf, type Truth, truthOf, type Verdict } from "./verdict.ts";

/** What is judged: a policy, a token's claims, and what else is known of the request. */
export interface TrustQuestion {
  /** JSON of the policy, or of the answer of `aws iam get-role`; or what `readTrustPolicy` made of it. */
  readonly policy: string | TrustPolicy;
  /** Of the web identity token. Nobody looks at its signature here. */
  readonly claims: TokenClaims;
  readonly context?: TrustContext | undefined;
}

/** One statement, and what it does to the request. */
export interface StatementJudgement {
  /** From 0. */
  readonly index: number;
  readonly sid?: string;
  readonly effect?: "Allow" | "Deny";
  /**
   * `Allow`: `allowed` where it lets the request in, `denied` where it is not about it. `Deny`: `denied` where it keeps the request
   * out, `allowed` where it is not about it.
   */
  readonly verdict: Verdict;
  /** A sentence for a person, without a full stop. */
  readonly why: string;
  readonly conditions: readonly ConditionJudgement[];
}

/** What becomes of one action that the request needs. */
export interface ActionJudgement {
  /** `sts:AssumeRoleWithWebIdentity`, `sts:TagSession`, `sts:SetSourceIdentity` */
  readonly action: string;
  readonly verdict: Verdict;
  readonly why: string;
}

/** What a trust policy does to a request. */
export interface TrustJudgement {
  readonly verdict: Verdict;
  /** A sentence for a person, without a full stop. */
  readonly why: string;
  readonly statements: readonly StatementJudgement[];
  readonly actions: readonly ActionJudgement[];
  /** What is dangerous, will be refused when the policy is written again, or was not compared. */
  readonly warnings: readonly PolicyWarning[];
  /** What the policy does not tell, and what could still refuse the request. */
  readonly elsewhere: readonly OutsideOfPolicy[];
}

/**
 * Judges a trust policy for `AssumeRoleWithWebIdentity` by a token's claims: statement by statement, condition by condition.
 * Whether the token itself passes is asked of `judgeTokenForSts`; the token's signature, the provider in IAM and policies of the
 * organization are not judged.
 *
 * Never throws for claims of any kind. Takes time that grows with the length of the policy times that of the claims.
 *
 * @throws TegataError `usage_invalid` for a text that is no policy
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function judgeTrustPolicy({ policy: given, claims, context = {} }: TrustQuestion): TrustJudgement {
  const policy = typeof given === "string" ? readTrustPolicy(given) : given;
  const provider = providerOf(claimText(claims["iss"]) ?? "");
  const request: TrustRequest = { provider, claims, context: withRole(context, policy) };
  const needed = neededActions(claims);
  const judged = policy.statements.map((statement) => judgeStatement(statement, policy, request));
  const actions = needed.map((one) => judgeAction(one, judged));
  return {
    ...overall(actions, policy),
    statements: judged.map((one, index) => toStatementJudgement(one, index, needed)),
    actions,
    warnings: findWarnings(policy, request),
    elsewhere: outsideOfPolicy(provider, claims, request.context),
  };
}

/** The role in the answer of `aws iam get-role` stands for one that nobody named. */
function withRole(context: TrustContext, { role }: TrustPolicy): TrustContext {
  if (role === undefined) {
    return context;
  }
  const isSameRole = context.roleArn === undefined || context.roleArn === role.arn;
  const { account = role.account, partition = role.partition } = accountOf(context);
  return {
    ...context,
    account,
    partition,
    roleArn: context.roleArn ?? role.arn,
    roleTags: context.roleTags ?? (isSameRole ? role.tags : undefined),
  };
}

interface JudgedStatement {
  readonly statement: TrustStatement;
  readonly principal: PrincipalJudgement;
  readonly conditions: readonly ConditionJudgement[];
  /** Whether principal and conditions fit. */
  readonly truth: Truth;
}

function judgeStatement(statement: TrustStatement, { version }: TrustPolicy, request: TrustRequest): JudgedStatement {
  const principal = judgePrincipal(statement.principal, statement.isNotPrincipal, request);
  const conditions = statement.conditions.map((condition) =>
    judgeCondition(condition, version === "2012-10-17", request),
  );
  const fitting = allOf([principal.truth, ...conditions.map(truthOfCondition)]);
  // A statement that AWS stores in no policy cannot be the one in force.
  const truth = statement.problems.length === 0 ? fitting : "unknown";
  return { statement, principal, conditions, truth };
}

function truthOfCondition({ verdict }: ConditionJudgement): Truth {
  return verdict === "allowed" ? "yes" : verdict === "denied" ? "no" : "unknown";
}

/** Whether a statement is about an action, and its principal and conditions fit. */
function appliesTo({ statement, truth }: JudgedStatement, action: string): Truth {
  return allOf([truthOf(isAbout(statement, action) || statement.problems.length > 0), truth]);
}

function judgeAction({ action, because }: NeededAction, judged: readonly JudgedStatement[]): ActionJudgement {
  const applying = judged.map((one) => ({ one, truth: appliesTo(one, action) }));
  const denying = applying.filter(({ one }) => one.statement.effect === "Deny");
  const allowing = applying.filter(({ one }) => one.statement.effect !== "Deny");
  const denies = anyOf(denying.map(({ truth }) => truth));
  const allows = anyOf(allowing.map(({ truth }) => truth));
  const first = (list: typeof applying, truth: Truth): string =>
    named(
      list.find((one) => one.truth === truth),
      judged,
    );
  if (denies === "yes") {
    return { action, verdict: "denied", why: `${first(denying, "yes")} denies ${action}` };
  }
  if (allows === "no") {
    return {
      action,
      verdict: "denied",
      why: `no statement allows ${action}${because === undefined ? "" : `, ${because}`}`,
    };
  }
  if (denies === "unknown") {
    return { action, verdict: "unknown", why: `${first(denying, "unknown")} may deny ${action}` };
  }
  return allows === "yes"
    ? { action, verdict: "allowed", why: `${first(allowing, "yes")} allows ${action}` }
    : { action, verdict: "unknown", why: `${first(allowing, "unknown")} may allow ${action}` };
}

/** `statement 0`, `statement 2 (DenyForks)` */
function named(found: { readonly one: JudgedStatement } | undefined, judged: readonly JudgedStatement[]): string {
  if (found === undefined) {
    return "a statement";
  }
  const { sid } = found.one.statement;
  return `statement ${judged.indexOf(found.one)}${sid === undefined || sid === "" ? "" : ` (${shownName(sid, 60)})`}`;
}

function overall(
  actions: readonly ActionJudgement[],
  { problems, statements }: TrustPolicy,
): { readonly verdict: Verdict; readonly why: string } {
  const denied = actions.find(({ verdict }) => verdict === "denied");
  if (denied !== undefined) {
    return { verdict: "denied", why: denied.why };
  }
  const [problem] = [...problems, ...statements.flatMap((statement) => statement.problems)];
  if (problem !== undefined) {
    return { verdict: "unknown", why: `AWS stores no such policy: ${problem}` };
  }
  const open = actions.find(({ verdict }) => verdict === "unknown");
  return open === undefined
    ? { verdict: "allowed", why: actions.map(({ why }) => why).join("; ") }
    : { verdict: "unknown", why: open.why };
}

function toStatementJudgement(
  judged: JudgedStatement,
  index: number,
  needed: readonly NeededAction[],
): StatementJudgement {
  const { statement, conditions } = judged;
  const { sid, effect } = statement;
  const about = needed.filter(({ action }) => isAbout(statement, action)).map(({ action }) => action);
  const truth = anyOf(needed.map(({ action }) => appliesTo(judged, action)));
  return {
    index,
    ...(sid === undefined ? {} : { sid }),
    ...(effect === undefined ? {} : { effect }),
    verdict: verdictOfStatement(truth, effect),
    why: explainStatement(judged, about, truth),
    conditions,
  };
}

function verdictOfStatement(truth: Truth, effect: TrustStatement["effect"]): Verdict {
  if (truth === "unknown" || effect === undefined) {
    return "unknown";
  }
  return (truth === "yes") === (effect === "Allow") ? "allowed" : "denied";
}

function explainStatement(
  { statement, principal, conditions }: JudgedStatement,
  about: readonly string[],
  truth: Truth,
): string {
  const [problem, ...others] = statement.problems;
  if (problem !== undefined) {
    return `AWS stores no such statement: ${problem}${others.length === 0 ? "" : `, and ${others.length} more`}`;
  }
  const does = statement.effect === "Deny" ? "denies" : "allows";
  if (truth === "yes") {
    return `${does} ${about.join(", ")}`;
  }
  const prefix = statement.effect === "Deny" ? "does not deny it: " : "";
  if (about.length === 0) {
    return `${prefix}${explainAction(statement)}`;
  }
  if (principal.truth !== "yes") {
    return `${truth === "unknown" ? "" : prefix}${principal.why}`;
  }
  const failing = countOf(conditions, "denied");
  if (truth === "no") {
    return `${prefix}${
      conditions.length === 1
        ? "its condition does"
        : `${failing} of its ${conditions.length} conditions ${failing === 1 ? "does" : "do"}`
    } not hold`;
  }
  const open = countOf(conditions, "unknown");
  return `it may be that it ${does} ${about.join(", ")}: ${
    conditions.length === 1 ? "its condition" : `${open} of its ${conditions.length} conditions`
  } cannot be judged here`;
}

function countOf(conditions: readonly ConditionJudgement[], verdict: Verdict): number {
  return conditions.filter((one) => one.verdict === verdict).length;
}
