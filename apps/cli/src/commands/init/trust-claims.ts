import { printable, rolesClaim, tagsInToken } from "@tegata/core";
import type { Identity } from "@tegata/engine";
import type { CommandContext } from "../../command.ts";
import { inTwoColumns, type Row } from "../../terminal/two-columns.ts";
import { lineWidth } from "../../terminal/wrap.ts";

/**
 * Says what of a sign-in the trust policy of a role can look at.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
export function sayClaims({ issuer, audience, subject, claims }: Identity, { terminal }: CommandContext): void {
  const provider = printable(issuer.replace(/^https?:\/\//, ""), 200);
  const said = (key: string, value: unknown): Row[] => {
    const texts = [value].flat().filter((each) => typeof each === "string");
    return texts.length === 0 ? [] : [{ label: `  ${provider}:${key}`, words: printable(texts.join(", "), 200) }];
  };
  const rows: Row[] = [
    ...said("aud", audience),
    ...said("sub", subject),
    ...said("email", claims["email"]),
    ...said("amr", claims["amr"]),
    ...(claims[rolesClaim] === undefined ? [] : [{ label: "  sts:RoleAuthorizedByIdp", words: "true" }]),
  ];
  const tags = tagsInToken(claims);
  if (tags.state === "present") {
    for (const [key, value] of tags.value.tags) {
      rows.push({ label: `  aws:RequestTag/${printable(key, 128)}`, words: printable(value, 200) });
    }
  }
  const { columns } = terminal.size();
  terminal.say("the trust policy of a role can look at:");
  terminal.block(inTwoColumns(rows, { columns: lineWidth(columns), programName: terminal.programName }).join("\n"));
}
