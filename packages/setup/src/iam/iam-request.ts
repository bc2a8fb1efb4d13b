import {
  flag,
  hint,
  partitionNamed,
  policyArnOf,
  policyNameSchema,
  type RoleArn,
  setting,
  shownValue,
  TegataError,
  words,
} from "@tegata/core";
import * as v from "valibot";
import { plainText, refused } from "../refuse.ts";
import { admitJobs, type CiFlag, type CiPlatform } from "./ci-platform.ts";
import { hostAndPath, type IamSide, unknownClientId, unknownPolicyArns } from "./iam-side.ts";
import { iamIssuer } from "./issuer.ts";
import { admitPeople, type People } from "./people.ts";
import { refuseLongPolicy, type Trust } from "./trust-policy.ts";

/** Who is to be let in: the jobs of a platform, or people of an identity provider. */
export type Callers =
  | {
      readonly kind: "jobs";
      readonly platform: CiPlatform;
      readonly given: Readonly<Partial<Record<CiFlag, string>>>;
      /** What is printed, as hints name it; else `terraform`. */
      readonly target?: string | undefined;
    }
  | {
      readonly kind: "people";
      readonly issuer: string;
      /** Left out: the client is not registered yet. */
      readonly clientId: string | undefined;
      readonly people: People;
    };

/** What a person, or a settings file, has said of the IAM side. */
export interface IamRequest {
  readonly callers: Callers;
  /** That of the settings: its name, path and partition; its account, where none is named. */
  readonly role: RoleArn | undefined;
  /** How long the credentials are to last, in seconds. */
  readonly durationSeconds: number | undefined;
  /** Managed policies by their ARNs. */
  readonly policyArns: readonly string[];
  readonly accounts: readonly string[];
  readonly hasExistingProvider: boolean;
  readonly hasTags: boolean;
  readonly hasSourceIdentity: boolean;
}

/**
 * What the IAM side is to be.
 *
 * @throws TegataError `usage_invalid` for what IAM would refuse, and where the policy would let in more than anyone can mean
 */
export function iamSideOf(request: IamRequest): IamSide {
  const { role, durationSeconds = 0, hasTags, hasSourceIdentity, callers } = request;
  const partition = partitionOf(role);
  const accounts = accountsOf(request);
  const { issuer, clientId, statements, notes } = admitted(callers);
  const isByTag = callers.kind === "people" && callers.people.groups !== undefined && "tag" in callers.people.groups.in;
  const trust: Trust = { statements, hasTags: hasTags || isByTag, hasSourceIdentity };
  refuseLongPolicy(trust, issuer);
  return {
    provider: {
      issuer,
      kind:
        hostAndPath(issuer) === "accounts.google.com" ? "built-in" : request.hasExistingProvider ? "existing" : "new",
      clientIds: [clientId],
    },
    trust,
    notes,
    role: {
      name: role?.roleName ?? "tegata",
      path: role === undefined ? "/" : pathOf(role),
      // AWS takes no less, and the default of a role is the same hour.
      maxSessionSeconds: Math.max(3600, durationSeconds),
      policyArns: policyArnsOf(request, partition, accounts),
    },
    partition,
    accounts,
  };
}

function admitted(callers: Callers) {
  if (callers.kind === "jobs") {
    const jobs = admitJobs(callers.platform, callers.given, callers.target);
    return { ...jobs, clientId: jobs.audience };
  }
  const issuer = iamIssuer(callers.issuer);
  const clientId = callers.clientId === undefined ? unknownClientId : plainText("client-id", callers.clientId);
  return { issuer, clientId, ...admitPeople(callers.people, issuer, clientId) };
}

function partitionOf(role: RoleArn | undefined): string {
  if (role === undefined) {
    return "aws";
  }
  if (role.accountId === undefined || partitionNamed(role.partition) === undefined) {
    throw refused(setting("role_arn"), role.arn, "is no role of AWS: there is nothing to set up in IAM");
  }
  return role.partition;
}

function accountsOf({ accounts, role }: IamRequest): readonly string[] {
  const bad = accounts.find((account) => !/^\d{12}$/.test(account));
  if (bad !== undefined) {
    throw refused(flag("aws-account"), bad, "is no account of AWS, which has twelve digits", [
      hint`${flag("aws-account", "123456789012")}`,
      ...(bad.includes("@") ? [hint`a person is named with ${flag("person", bad)}`] : []),
    ]);
  }
  const ofRole = role?.accountId === undefined ? [] : [role.accountId];
  return accounts.length === 0 ? ofRole : [...new Set(accounts)];
}

/** `/team/` of `arn:aws:iam::123456789012:role/team/Developer`. */
function pathOf({ arn, roleName }: RoleArn): string {
  return arn.slice(arn.indexOf(":role/") + ":role".length, arn.length - roleName.length);
}

function policyArnsOf(
  { policyArns }: IamRequest,
  partition: string,
  accounts: readonly string[],
): IamSide["role"]["policyArns"] {
  if (policyArns.length === 0) {
    return unknownPolicyArns;
  }
  return [...new Set(policyArns)].map((name) => {
    const judged = v.safeParse(policyNameSchema, name);
    if (!judged.success) {
      throw new TegataError("usage_invalid", words`${flag("policy-arn")} ${judged.issues[0].message}`, {
        hint: hint`${flag("policy-arn", `arn:${partition}:iam::aws:policy/ReadOnlyAccess`)}`,
      });
    }
    const arn = policyArnOf(name, { partition });
    const [, ofPartition, , , account] = arn.split(":");
    if (ofPartition !== partition || (account !== "aws" && accounts.some((each) => each !== account))) {
      throw new TegataError(
        "usage_invalid",
        words`${flag("policy-arn")} ${shownValue(arn)} is of another ${ofPartition === partition ? "account" : "partition"} than the role`,
        { hint: hint`name a policy that is there, or one of AWS's own` },
      );
    }
    return arn;
  });
}
