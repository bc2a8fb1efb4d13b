import { describe, expect, it } from "vitest";
import { widthOf, wrap } from "./wrap.ts";

const at = (columns: number | undefined, text: string, hanging = 2) =>
  wrap(text, { columns, hanging, programName: "tegata" }).split("\n");

it("a text is broken at blanks, with a margin before every line but the first", () => {
  expect(at(20, "tegata: the settings file is not there")).toEqual(["tegata: the settings", "  file is not there"]);
  expect(at(40, "  role     one two three four five six seven", 11)).toEqual([
    "  role     one two three four five six",
    "           seven",
  ]);
});

it("a deep margin becomes small in a narrow window", () => {
  expect(at(20, "  role     one two three four", 11)).toEqual(["  role     one two", "  three four"]);
});

it("nothing is broken without a width, and the lines that there are stay", () => {
  expect(at(undefined, "word ".repeat(100))).toHaveLength(1);
  expect(at(20, "a\n\nb c")).toEqual(["a", "", "b c"]);
});

describe("what a person may copy is in one piece", () => {
  it.each<[text: string, piece: string]>([
    ["tegata: open https://idp.example/device?user_code=ABCD-EFGH", "https://idp.example/device?user_code=ABCD-EFGH"],
    ["tegata: the file /home/ann/.config/tegata/tegata.toml is not there", "/home/ann/.config/tegata/tegata.toml"],
    ["tegata: hint: sign in first: tegata login dev --config x.toml, or ask", "tegata login dev --config x.toml,"],
    ["tegata: hint: look at what is in it, then run: chmod 700 '/home/ann/a b'", "chmod 700 '/home/ann/a b'"],
    [
      'tegata: hint: name one: export TEGATA_CACHE_DIR="$(mktemp -d; true)"',
      'export TEGATA_CACHE_DIR="$(mktemp -d; true)"',
    ],
    ["tegata: hint: tell its author; tegata plugins check acme says more", "tegata plugins check acme"],
    [
      "tegata: hint: print it instead: tegata console-url dev --destination 'a, b'",
      "tegata console-url dev --destination 'a, b'",
    ],
  ])("%s", (text, piece) => {
    for (let columns = piece.length + 2; columns < text.length; columns += 1) {
      const lines = at(columns, text);
      expect(lines.filter((line) => line.includes(piece))).toHaveLength(1);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
    }
  });

  it("even where it fits on no line: then it begins where it stands", () => {
    const address = `https://idp.example/${"x".repeat(60)}`;
    expect(at(30, `tegata: open ${address}`)).toEqual([`tegata: open ${address}`]);
    // The terminal has a column more, and goes on at its left edge: three of its rows are full, and two columns of the fourth.
    expect(at(30, `tegata: open ${address}xx and go on and on`)).toEqual([
      `tegata: open ${address}xx and go on and on`,
    ]);
    expect(at(30, `tegata: open ${address}xx ${"and go on ".repeat(4).trim()}`)).toEqual([
      `tegata: open ${address}xx and go on and go on and go`,
      "  on and go on",
    ]);
  });

  it("unless it is a sentence about a command", () => {
    expect(at(30, "tegata: tegata exec has to be followed by a command")).toEqual([
      "tegata: tegata exec has to be",
      "  followed by a command",
    ]);
  });
});

it("wide characters are measured as two columns, and combining ones and colours as none", () => {
  expect(widthOf("日本")).toBe(4);
  expect(widthOf("e\u0301")).toBe(1);
  expect(widthOf("\u001b[31merror\u001b[0m")).toBe(5);
  expect(at(12, "日本 日本 日本 日本")).toEqual(["日本 日本", "  日本 日本"]);
  expect(at(12, "e\u0301e\u0301e\u0301 ".repeat(4).trim())).toEqual([
    "e\u0301e\u0301e\u0301 ".repeat(3).trim(),
    "  e\u0301e\u0301e\u0301",
  ]);
});
