import { describe, expect, it, test } from "vitest";
import { didYouMean, misspeltName, nearestName } from "./nearest-name.ts";

const keys = ["role_arn", "role_session_name", "region", "duration", "idp"];

test.each([
  ["role_anr", "role_arn"],
  ["roleArn", "role_arn"],
  ["role-arn", "role_arn"],
  ["Region", "region"],
  ["durations", "duration"],
  ["ipd", "idp"],
  ["colour", undefined],
  ["", undefined],
  ["x".repeat(1_000_000), undefined],
])("a misspelt name finds the nearest one, and another one finds none (%#)", (name, expected) => {
  expect(nearestName(name, keys)).toBe(expected);
});

test("a suggestion is made only where a name is near", () => {
  expect(didYouMean("colour", keys)).toBe("");
  expect(didYouMean("regon", keys)).toBe("; did you mean region?");
});

describe("misspeltName", () => {
  const known = ["role-arn", "region", "issuer", "sts-endpoint", "mask-account-id", "allowed-account-ids"];

  it.each([
    ["role_anr", "role-arn"],
    ["ROLE-ARN", "role-arn"],
    ["regoin", "region"],
    ["allowed-acount-id", "allowed-account-ids"],
    ["mask-accountid", "mask-account-id"],
  ])("takes %s for a slip of %s", (name, meant) => {
    expect(misspeltName(name, known)).toBe(meant);
  });

  it.each(["environment", "role-name", "account-id", "endpoint", "reason", "version", "role", ""])(
    "takes %s for a name of its own",
    (name) => {
      expect(misspeltName(name, known)).toBeUndefined();
    },
  );
});
