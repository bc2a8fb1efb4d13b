import { describe, expect, it } from "vitest";
import { table } from "./table.ts";

const headings = ["ACCOUNT", "ROLE", "FROM", "PROFILE"];
const rows = [
  ["123456789012", "Developer", "claim", "dev"],
  ["210987654321", "手形", "settings", ""],
];

describe("a table", () => {
  it("has a heading over each column, by the width that characters take", () => {
    expect(table(headings, rows, 80)).toBe(
      "ACCOUNT       ROLE       FROM      PROFILE\n" +
        "123456789012  Developer  claim     dev\n" +
        "210987654321  手形       settings\n",
    );
  });

  it("leaves out a column in which there is nothing", () => {
    expect(table(headings, [["1", "Developer", "", ""]], undefined)).toBe("ACCOUNT  ROLE\n1        Developer\n");
  });

  it("has rows of several lines, and no headings, in a narrow window", () => {
    expect(table(headings, rows, 30)).toBe("123456789012  Developer\n    claim  dev\n210987654321  手形  settings\n");
  });
});
