import { describe, expect, it } from "vitest";
import { rolesInClaim } from "./roles-claim.ts";

const first = "arn:aws:iam::123456789012:role/First";
const second = "arn:aws:iam::123456789012:role/Second";

describe("a claim that lists roles", () => {
  it.each([
    ["one text", first, [first]],
    ["a text with semicolons and blanks", ` ${first}; ${second};`, [first, second]],
    ["a list", [first, second], [first, second]],
    ["a list with one twice", [first, first], [first]],
    ["a list of texts with semicolons", [`${first};${second}`], [first, second]],
    ["what is no ARN, which is judged elsewhere", ["admin"], ["admin"]],
  ])("may be %s", (_what, claim, roles) => {
    expect(rolesInClaim(claim)).toEqual(roles);
  });

  it.each([[undefined], [null], [7], [{}], [[7, null, {}]], [""], [[]], [" ; "]])("lists none as %j", (claim) => {
    expect(rolesInClaim(claim)).toEqual([]);
  });
});
