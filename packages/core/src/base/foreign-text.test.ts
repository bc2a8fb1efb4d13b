import { describe, expect, it } from "vitest";
import { printable, toSafeJson } from "./foreign-text.ts";

describe("text from elsewhere on a terminal", () => {
  it.each([
    ["an escape sequence", "a\u001b[31mb", "a [31mb"],
    ["a line feed", "a\r\nb", "a b"],
    ["an 8-bit control", "a\u009b31mb", "a 31mb"],
    ["DEL", "a\u007fb", "a b"],
    ["a right-to-left override", "a\u202eb", "a b"],
    ["a zero-width space", "a\u200bb", "a b"],
    ["an invisible tag", "a\u{e0041}b", "a b"],
    ["a lone surrogate", "a\ud800b", "a b"],
    ["a line separator", "a\u2028b", "a b"],
    ["runs of spaces", "  a    b  ", "a b"],
  ])("is shown without %s", (_name, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it("keeps letters of every script and emoji", () => {
    expect(printable("Größe 語 😀")).toBe("Größe 語 😀");
  });

  it("is cut to a length, the mark of the cut included", () => {
    expect(printable("abcdef", 6)).toBe("abcdef");
    expect(printable("abcdefg", 6)).toBe("abcde…");
    expect(printable("x".repeat(10_000_000))).toHaveLength(300);
  });

  it("is not cut through the middle of a character", () => {
    expect(printable("abcd😀😀", 6)).toBe("abcd…");
    expect(printable("😀".repeat(100), 6)).toBe("😀😀…");
  });
});

describe("JSON that is safe to look at", () => {
  it("writes as escapes what a terminal would obey, and means the same", () => {
    const value = { a: "\u001b]0;x\u0007", b: "\u202e\u2028", c: "\u{e0041}", d: "😀" };
    const text = toSafeJson(value);
    expect(text).toBe(String.raw`{"a":"\u001b]0;x\u0007","b":"\u202e\u2028","c":"\udb40\udc41","d":"😀"}`);
    expect(JSON.parse(text)).toEqual(value);
  });
});
