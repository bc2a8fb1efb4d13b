import { describe, expect, it } from "vitest";
import { inTable } from "./table.ts";
import { widthOf } from "./wrap.ts";

const columns = [{ heading: "NAME", least: 8 }, { heading: "ACCOUNT" }, { heading: "WHO", least: 8 }];
const rows = [
  ["dev", "123456789012", "ann@acme.com"],
  ["a-profile-with-a-long-name-of-many-parts", "210987654321", "somebody.with.a.long.name@example.com"],
];
const table = (width: number | undefined, of = rows) => inTable(columns, of, { width, programName: "tegata" });

describe("a table", () => {
  it("has each cell below its heading, and no blanks at the end of a line", () => {
    expect(table(undefined, rows.slice(0, 1))).toEqual(["NAME  ACCOUNT       WHO", "dev   123456789012  ann@acme.com"]);
  });

  it("is as wide as it is where nothing limits it", () => {
    expect(table(undefined)[2]).toBe(rows[1]?.join("  "));
  });

  it("has what is too wide cut, the widest column first, and never a number of an account", () => {
    const lines = table(79);
    expect(lines.map((line) => widthOf(line)).filter((width) => width > 79)).toEqual([]);
    expect(lines[2]).toBe("a-profile-with-a-long-name-of-…  210987654321  somebody.with.a.long.name@examp…");
  });

  it("leaves out a column in which there is nothing", () => {
    expect(table(undefined, [["dev", "", "ann"]])).toEqual(["NAME  WHO", "dev   ann"]);
  });

  it("counts wide characters as two columns, and cuts none in two", () => {
    const wide = [["開発環境のとても長い名前のプロファイルの名前の続き", "123456789012", "安@例え.jp"]];
    const lines = table(60, wide);
    expect(lines.map((line) => widthOf(line)).filter((width) => width > 60)).toEqual([]);
    expect(lines[1]).toMatch(/^開発環境\S*… +123456789012 {2}安@例え\.jp$/);
  });

  it("is a few lines for each row in a narrow window, and leaves out what is empty", () => {
    expect(table(39, [["dev", "123456789012", ""]])).toEqual(["dev", "    account  123456789012"]);
    expect(table(39).map((line) => widthOf(line))).toEqual([3, 25, 25, 40, 25, 50]);
  });
});
