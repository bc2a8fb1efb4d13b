import { readFileSync } from "node:fs";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { parseAwsFile } from "./parse-aws-file.ts";
import { readProfiles } from "./profiles.ts";

const recorded = v.parse(
  v.array(
    v.object({
      name: v.string(),
      kind: v.picklist(["config", "credentials"]),
      text: v.string(),
      profiles: v.nullable(
        v.record(v.string(), v.record(v.string(), v.union([v.string(), v.record(v.string(), v.string())]))),
      ),
    }),
  ),
  JSON.parse(readFileSync(new URL("../test/botocore.json", import.meta.url), "utf8")),
);

describe("a file is read as botocore reads it", () => {
  it.each(recorded.map(({ name, ...each }) => [name, each] as const))("%s", (_name, { kind, text, profiles }) => {
    const file = parseAwsFile(text);
    expect(file.lines.join("")).toBe(text);
    const seen = [...readProfiles(kind, file)].map(([name, keys]) => [
      name,
      Object.fromEntries(
        [...keys].map(([key, value]) => [key, typeof value === "string" ? value : Object.fromEntries(value)]),
      ),
    ]);
    expect(file.problems.length > 0 ? null : Object.fromEntries(seen)).toEqual(profiles);
  });
});

describe("a file that botocore refuses", () => {
  it.each([
    ["\ufeff[default]\naws_access_key_id = AKIA\n", "begins with a byte order mark"],
    [
      "[default]\na = b\n[x]\n[default]\naws_access_key_id = AKIA\n",
      "begins the section [default] for the second time",
    ],
    ["x = y\n[default]\naws_access_key_id = AKIA\n", "stands before the first section"],
    ["[default]\nnothing\naws_access_key_id = AKIA\n", "is neither a section nor a key nor a comment"],
    ["[default]\ns3 =\n  nothing\naws_access_key_id = AKIA\n", "begins a block with a line that has no = in it"],
  ])("is read on, as others do: %j", (text, what) => {
    const { problems, sections } = parseAwsFile(text);
    expect(problems.map((each) => each.what)).toEqual([what]);
    const keys = sections.filter(({ name }) => name === "default").flatMap((section) => section.keys);
    expect(keys).toContainEqual(expect.objectContaining({ key: "aws_access_key_id", value: "AKIA" }));
  });
});

it("a file of long lines or many lines is read whole, in linear time", () => {
  const many = "[a]\n".concat("k = v\n".repeat(1), "  deeper\n".repeat(100_000));
  expect(parseAwsFile(many).sections[0]?.keys).toHaveLength(1);
  for (const long of [
    " ".repeat(500_000),
    `a${" ".repeat(500_000)}b`,
    `[${"[".repeat(500_000)}`,
    "\r".repeat(500_000),
  ]) {
    expect(parseAwsFile(`[a]\n${long}\n`).lines.join("")).toBe(`[a]\n${long}\n`);
  }
});
