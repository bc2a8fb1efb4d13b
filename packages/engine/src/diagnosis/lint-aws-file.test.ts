import { parseAwsFile } from "@tegata/aws-config-files";
import { describe, expect, it } from "vitest";
import { lintAwsFile } from "./lint-aws-file.ts";

const lint = (text: string, isUtf8 = true, kind: "config" | "credentials" = "config") =>
  lintAwsFile({ kind, file: parseAwsFile(text), isUtf8 }).map(({ line, what }) => `${line ?? "-"} ${what}`);

describe("the look at a file of the AWS CLI", () => {
  it.each([
    ["comments of whole lines", "# one\n; two\n[profile dev]\nregion = us-east-1\n"],
    ["CRLF", "[profile dev]\r\nregion = us-east-1\r\n"],
    ["names and values that are no ASCII", "[profile größe]\nregion = us-east-1\n"],
    ["unknown sections and keys", "[mine]\nx = 1\n[profile dev]\nmine = 2\n"],
    ["a tabulator before the name, and a comment behind the header", "[profile\tdev]\n[profile prod] # home\n"],
    ["no line end at the end, per cent signs and quotes", '[default]\ncredential_process = "a b" %c'],
    ["a block of keys", "[profile dev]\ns3 =\n    max_concurrent_requests = 20\n"],
    ["a hash within a value", "[default]\nx = a#c\n"],
    ["a URL as a value", "[default]\nendpoint_url = http://127.0.0.1:9000\n"],
  ])("finds nothing in %s", (_what, text) => {
    expect(lint(text)).toEqual([]);
  });

  it.each([
    ["an indented comment", "[default]\nregion = a\n  # c\n", /^3 is an indented comment: the SDK for Java/],
    ["an indented section", "[default]\nregion = a\n[sso-session x]\n [profile b]\n", /^4 is an indented section/],
    ["an indented first key", "[default]\n  region = a\n", /^2 is an indented key: the SDK for Java/],
    ["an indented key behind a value", "[default]\nregion = a\n output = b\n", /^3 looks like a key, but is indented/],
    ["a colon", "[default]\nregion: a\n", /^2 has a colon for =/],
    ["a byte order mark", "\ufeff[default]\n", /^1 begins with a byte order mark: the AWS CLI and boto3 refuse/],
    ["a section twice", "[profile a]\nx = 1\n[profile a]\n", /^3 begins the section \[profile a\] for the second time/],
    ["a key twice", "[profile a]\nx = 1\nx = 2\n", /^3 has the key x for the second time/],
    ["blanks inside the brackets", "[ profile dev ]\n", /^1 has blanks inside the brackets/],
    ["several blanks", "[profile   dev]\n", /^1 has several blanks/],
    ["a comment right behind the header", "[profile dev]#c\n", /^1 has a comment right behind the bracket/],
    ["a capital", "[Profile dev]\n", /^1 writes the word profile with a capital/],
    ["quotes around a name", '[profile "dev"]\n', /^1 has quotes around the name: the SDKs for Go and Java/],
    ["lone carriage returns", "[default]\rregion = a\r", /^- has lines that end with a lone carriage return/],
    ["a key before the first section", "region = a\n", /^1 stands before the first section/],
    ["a comment behind a value", "[default]\nregion = a # home\n", /^2 has a comment behind its value/],
  ])("finds %s", (_what, text, finding) => {
    expect(lint(text)[0]).toMatch(finding);
  });

  it("finds bytes that are no UTF-8", () => {
    expect(lint("[default]\n", false)).toEqual([
      "- has a byte that is no UTF-8: the AWS CLI and boto3 refuse the whole file",
    ]);
  });

  it("lets a section of the credentials file be called as it likes", () => {
    expect(lint("[Profile dev]\naws_access_key_id = x\n", true, "credentials")).toEqual([]);
  });
});
