import { printable, roleArnSchema } from "@tegata/core";
import * as v from "valibot";

/** The account and the name of a role, for a table; what is no role's ARN stands where the name does. */
export function roleCells(arn: unknown): readonly [account: string, role: string] {
  const role = v.safeParse(roleArnSchema, arn);
  return role.success
    ? [role.output.accountId ?? "", printable(role.output.roleName, 100)]
    : ["", typeof arn === "string" ? printable(arn, 100) : ""];
}
