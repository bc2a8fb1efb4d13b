import * as v from "valibot";
import { printable } from "../base/foreign-text.ts";
import { shownValue } from "../base/shown-value.ts";
import { partitionNamed, partitions } from "./partition.ts";

/** The ARN of an IAM role, or of what an S3-compatible store calls one, taken apart. */
export interface RoleArn {
  /** As it was given. */
  readonly arn: string;
  /** An AWS partition, or `minio`. */
  readonly partition: string;
  /** Twelve digits; `undefined` for the roles of S3-compatible stores, which have no account. */
  readonly accountId: string | undefined;
  /** The last part, without the path. */
  readonly roleName: string;
}

const example = "arn:aws:iam::123456789012:role/Developer";

/**
 * Reads the ARN of a role: `arn:<partition>:iam::<account>:role/<path>/<name>`, and the two forms without an account that
 * MinIO (`arn:minio:iam:::role/…`) and Ceph (`arn:aws:iam:::role/…`) use.
 *
 * The issue's message is written to stand after the name of the setting.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
export const roleArnSchema = v.pipe(
  v.string((issue) => `is ${shownValue(issue.input)}, not text: write the ARN of a role, like ${example}`),
  v.rawTransform<string, RoleArn>(({ dataset, addIssue, NEVER }) => {
    const parsed = parseRoleArn(dataset.value);
    if (typeof parsed === "string") {
      addIssue({ message: `${shownValue(dataset.value, 120)} ${parsed}` });
      return NEVER;
    }
    return parsed;
  }),
);

/** True for a role that AWS's own STS cannot know: without an endpoint of its own there is nobody to ask. */
export function needsExplicitStsEndpoint(role: RoleArn): boolean {
  return role.accountId === undefined || partitionNamed(role.partition) === undefined;
}

/** A role, or what is wrong with the text, worded to follow it. */
function parseRoleArn(arn: string): RoleArn | string {
  if (/\s/.test(arn)) {
    return "has a space or a line break in it: an ARN has none";
  }
  if (/[<>{}…]/.test(arn)) {
    return `still holds a placeholder: write the whole ARN, like ${example}`;
  }
  const [prefix, partition = "", service, region, account = "", ...rest] = arn.split(":");
  const resource = rest.join(":");
  if (prefix !== "arn" || rest.length === 0) {
    return `is not an ARN: write the ARN of a role, like ${example}`;
  }
  if (partition !== "minio" && partitionNamed(partition) === undefined) {
    const known = partitions.map(({ name }) => name).join(", ");
    return `names the partition ${shownValue(partition, 40)}, which AWS does not have (${known})`;
  }
  const other = describeOtherArn(service, resource);
  if (other !== undefined) {
    return other;
  }
  if (region !== "") {
    return `names a region: the ARN of a role has none, like ${example}`;
  }
  const mayLackAccount = partition === "aws" || partition === "minio";
  if (!(account === "" && mayLackAccount) && !/^\d{12}$/.test(account)) {
    return `has ${shownValue(account, 40)} where the account's twelve digits belong`;
  }
  const [, roleName] = /^role\/(?:[\x21-\x7e]{1,511}\/)?([\w+=,.@-]{1,64})$/.exec(resource) ?? [];
  if (roleName === undefined || arn.length < 20 || arn.length > 2048) {
    return "has no valid role name at its end: letters, digits and _+=,.@- only, 64 at most";
  }
  return { arn, partition, accountId: account === "" ? undefined : account, roleName };
}

/** What people paste instead of a role, told by its name. */
function describeOtherArn(service: string | undefined, resource: string): string | undefined {
  const kind = resource.split("/", 1)[0];
  if (service === "sts" && kind === "assumed-role") {
    const roleName = printable(resource.split("/")[1] ?? "", 64);
    return `is a session of a role: write the role's own ARN, arn:…:iam::…:role/…${roleName}`;
  }
  if (service === "iam" && kind === "oidc-provider") {
    return "is an identity provider: write the ARN of the role that trusts it";
  }
  if (service === "iam" && kind === "user") {
    return "is a user: only a role can be assumed with an ID token";
  }
  if (service === "iam" && kind === "instance-profile") {
    return "is an instance profile: write the ARN of the role in it";
  }
  return service === "iam" && kind === "role" && resource.includes("/")
    ? undefined
    : `is not the ARN of a role, like ${example}`;
}
