import { flag, hint, TegataError, words } from "@tegata/core";
import { plainText, refused } from "./refuse.ts";

/** Which groups, and where in the token. */
export interface GroupClaim {
  readonly names: readonly [string, ...string[]];
  /** In `amr`, the only list in a token that AWS compares, or in the session tag of this key. */
  readonly in: { readonly claim: "amr" } | { readonly tag: string };
}

/**
 * Groups as they are typed: `admins`, in the tag `Group`; `Team:platform`, in another one; `amr:admins`, in that claim.
 *
 * @throws TegataError `usage_invalid`
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
 */
export function groupClaimOf(typed: readonly string[]): GroupClaim | undefined {
  const groups = typed.map((text) => {
    const [, where = "Group", name = ""] = /^(?:([^:]+):)?(.*)$/s.exec(text) ?? [];
    if (!/^(?!aws:)[\w.:/=+@-]{1,128}$/i.test(where)) {
      throw refused(flag("group"), text, "has something before its colon that is no key of a session tag, nor amr");
    }
    return { where, name: plainText("group", name) };
  });
  const [first, ...others] = groups;
  if (first === undefined) {
    return undefined;
  }
  const other = others.find(({ where }) => where !== first.where);
  if (other !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${flag("group")} names groups in ${first.where} and in ${other.where}`,
      {
        hint: hint`print a role for each, or put all groups into one tag`,
      },
    );
  }
  return {
    names: [first.name, ...others.map(({ name }) => name)],
    in: first.where === "amr" ? { claim: "amr" } : { tag: first.where },
  };
}
