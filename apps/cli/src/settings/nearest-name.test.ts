import { expect, test } from "vitest";
import { didYouMean, nearestName } from "./nearest-name.ts";

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
])("%.20s is taken for the wrong name", (name, expected) => {
  expect(nearestName(name, keys)).toBe(expected);
});

test("a suggestion is made where there is none", () => {
  expect(didYouMean("colour", keys)).toBe("");
  expect(didYouMean("regon", keys)).toBe("; did you mean region?");
});
