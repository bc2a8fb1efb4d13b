import { describe, expect, it } from "vitest";
import { inTwoColumns } from "./two-columns.ts";
import { widthOf } from "./wrap.ts";

const rows = [
  { label: "  auth0", words: "Auth0, by the domain" },
  {
    label: "  workload/hcp-terraform",
    words: "HCP Terraform, by the token of a run, which is long enough to be broken here",
  },
  { label: "  開発", words: "東京の開発環境 is a name in wide characters, two columns for each of them" },
  { label: "  last failure", words: "2026-01-01T00:00:00Z: the first line\ntegata login dev" },
];
const linesAt = (columns: number | undefined) =>
  inTwoColumns(rows, { columns, programName: "tegata" }).flatMap((text) => text.split("\n"));

const lineWith = (text: string) => linesAt(79).find((line) => line.includes(text)) ?? "";

describe("two columns", () => {
  it.each([79, 60, 39])("leave no line wider than %i", (columns) => {
    expect(linesAt(columns).filter((line) => widthOf(line) > columns)).toEqual([]);
  });

  it("begin what is said in one column, in wide characters too, and further lines of it as well", () => {
    const starts = ["Auth0,", "HCP", "東京", "2026-", "tegata login"].map((text) =>
      widthOf(lineWith(text).slice(0, lineWith(text).indexOf(text))),
    );
    expect(starts).toEqual(starts.map(() => "  workload/hcp-terraform  ".length));
  });

  it("become one in a narrow window, with what is said below the name", () => {
    expect(linesAt(39).slice(0, 2)).toEqual(["  auth0", "    Auth0, by the domain"]);
    expect(linesAt(39).at(-1)).toBe("    tegata login dev");
  });

  it("stay two in a narrow window where the names leave room", () => {
    const short = [{ label: "  role", words: "none" }];
    expect(inTwoColumns(short, { columns: 39, programName: "tegata" })).toEqual(["  role  none"]);
  });

  it("keep each line as one where there is no terminal", () => {
    expect(linesAt(undefined)).toHaveLength(rows.length + 1);
  });
});
