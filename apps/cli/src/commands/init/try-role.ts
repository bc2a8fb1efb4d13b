import {
  checkRegionOfPartition,
  hint,
  isTegataError,
  partitionNamed,
  posixWord,
  printable,
  type RoleArn,
  roleArnSchema,
  setting,
  TegataError,
  words,
} from "@tegata/core";
import type { Identity, KnownRole } from "@tegata/engine";
import * as v from "valibot";
import type { Choice } from "../../terminal/question.ts";
import { until } from "../../terminal/until.ts";
import { roleAndAccount } from "../support/choose.ts";
import { asking } from "../support/prompting.ts";
import { ask, type Draft, showToTryAgain, trialOf } from "./ask.ts";
import { problemWith } from "./draft.ts";
import { explainByDoctor, explainByPolicy } from "./explain.ts";

/** The role: given, one of those that are known for this person, or typed. */
export async function chooseRole(identity: Identity | undefined, draft: Draft): Promise<RoleArn> {
  const { answers, asker } = draft;
  if (!answers.has("role_arn")) {
    const known = identity === undefined ? [] : await rolesOf(draft);
    const chosen = known.length === 0 ? undefined : await asker.select("Which role?", roleChoices(known));
    if (chosen === undefined) {
      await ask("role_arn", draft);
    } else {
      answers.set("role_arn", chosen);
    }
  }
  return v.parse(roleArnSchema, answers.get("role_arn"));
}

function roleChoices(
  known: readonly KnownRole[],
): readonly [Choice<string | undefined>, ...Choice<string | undefined>[]] {
  const [first, ...others] = known.map(({ role, name }) => ({
    value: role.arn,
    label: name ?? roleAndAccount(role),
    about: name === undefined ? undefined : roleAndAccount(role),
  }));
  const typed = { value: undefined, label: "another one", about: "by its ARN" };
  return first === undefined ? [typed] : [first, ...others, typed];
}

async function rolesOf(draft: Draft): Promise<readonly KnownRole[]> {
  const { terminal } = draft.context;
  const { roles, problems } = await trialOf(draft).roles();
  problems.forEach(({ message }) => terminal.warn(message));
  return roles;
}

export async function askRegion(role: RoleArn, draft: Draft): Promise<void> {
  const { answers, asker, context } = draft;
  const { env } = context.system;
  const offered =
    [env["AWS_REGION"], env["AWS_DEFAULT_REGION"]].find((region) => (region ?? "") !== "") ??
    partitionNamed(role.partition)?.defaultRegion ??
    "us-east-1";
  const problem = (region: string) =>
    problemWith(region, "region", draft.provider.plugin) ?? checkRegionOfPartition(role, region);
  if (!answers.has("region")) {
    const region =
      asker.questions === undefined
        ? offered
        : await asker.questions.text({ message: "Region", initial: offered, check: problem });
    answers.set("region", region);
  }
  const wrong = problem(answers.get("region") ?? "");
  if (wrong !== undefined) {
    throw new TegataError("usage_invalid", words`${setting("region")} ${wrong.replace(/^region /, "")}`, {
      hint: hint`correct ${setting("region")}`,
    });
  }
}

/** Gets credentials for the role, and asks what to change where that fails. */
export async function getCredentials(identity: Identity | undefined, draft: Draft): Promise<void> {
  const { context, answers } = draft;
  const { terminal, system } = context;
  for (;;) {
    try {
      const trial = trialOf(draft);
      const { role, credentials } = await trial.credentials({ askPerson: asking("always", trial), fresh: true });
      const ends = until(Date.parse(credentials.expiration), system.clock.now());
      terminal.say(`credentials for ${printable(roleAndAccount(role), 200)} ${ends}`);
      return;
    } catch (error) {
      await showToTryAgain(error, draft);
      await explainByDoctor(error, trialOf(draft));
      const what = await whatNow(error, draft);
      if (what === "stop") {
        throw error;
      }
      if (what === "write") {
        return;
      }
      if (what === "role_arn") {
        answers.delete("role_arn");
        await chooseRole(identity, draft);
      } else if (what === "region") {
        await ask("region", draft);
      }
    }
  }
}

type Next = "again" | "role_arn" | "region" | "write" | "stop";

/** What a person does about a role that cannot be assumed; the policy can be looked at first. */
async function whatNow(error: unknown, draft: Draft): Promise<Next> {
  const isRefused = isTegataError(error) && error.code === "sts_access_denied";
  const policy = { value: "policy", label: "look at the role's trust policy", about: "in a file" } as const;
  for (;;) {
    const what = await draft.asker.select<Next | "policy">("What now?", [
      { value: "again", label: "try again", about: "once the role is what it should be" },
      ...(isRefused ? [policy] : []),
      { value: "role_arn", label: "change the role" },
      { value: "region", label: "change the region" },
      { value: "write", label: "write the settings all the same" },
      { value: "stop", label: "stop", about: "nothing is written" },
    ]);
    if (what !== "policy") {
      return what;
    }
    if (isRefused) {
      await lookAtPolicy(error, draft);
    }
  }
}

async function lookAtPolicy(refused: TegataError, draft: Draft): Promise<void> {
  const { asker, answers, context } = draft;
  const { roleName } = v.parse(roleArnSchema, answers.get("role_arn"));
  const file = posixWord(`${roleName}.json`);
  context.terminal.say(`to get it: aws iam get-role --role-name ${posixWord(roleName)} --output json > ${file}`);
  const path = await asker.questions?.text({ message: "File with the trust policy", initial: `${roleName}.json` });
  try {
    if (path !== undefined && path !== "") {
      await explainByPolicy(path, refused, trialOf(draft));
    }
  } catch (error) {
    await showToTryAgain(error, draft);
  }
}
