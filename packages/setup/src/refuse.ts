import {
  command,
  firstUnseen,
  flag,
  hint,
  type HintInput,
  type Part,
  shownValue,
  TegataError,
  words,
} from "@tegata/core";
import type { Words } from "@tegata/core";

/** A value that a person gave, refused with its name. */
export function refused(what: Part | Words, value: string, issue: string, advice?: HintInput): TegataError {
  return new TegataError("usage_invalid", words`${what} ${shownValue(value)} ${issue}`, {
    hint: advice ?? hint`${command("setup", "--help")}`,
  });
}

/**
 * A text that can stand in a policy of IAM and in each of the languages: one line, nothing that cannot be seen, and no reference
 * that CloudFormation or the CDK would put something else in place of.
 *
 * @throws TegataError `usage_invalid`
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html AssumeRolePolicyDocument
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 */
export function plainText(name: string, value: string): string {
  const what = flag(name);
  const unseen = firstUnseen(value);
  if (unseen !== undefined) {
    throw refused(what, value, `holds ${unseen}, which nobody can see: write it without`);
  }
  if (value.trim() !== value || value === "") {
    throw refused(what, value, "must not be empty, nor begin or end with a blank");
  }
  // Two of its bytes can be one character that IAM refuses.
  if (!/^[\u0020-\u00FF]*$/.test(value)) {
    throw refused(what, value, "holds a character that IAM does not take in a policy (above U+00FF)");
  }
  if (/\{\{resolve:|\$\{Token\[|#\{Token\[/.test(value)) {
    throw refused(what, value, "holds a reference that CloudFormation or the CDK would replace");
  }
  if (value.length > 500) {
    throw refused(what, value, `has ${value.length} characters, and at most 500 are taken`);
  }
  return value;
}
