import { describe, expect, it } from "vitest";
import { shownName, shownValue } from "./shown-value.ts";

describe("a value in an error", () => {
  it.each([
    ["a carriage return", "dev\r", String.raw`"dev\r"`],
    ["a line feed and a tab", "a\n\tb", String.raw`"a\n\tb"`],
    ["an escape sequence", "\u001b[31m", String.raw`"\u001b[31m"`],
    ["an 8-bit control", "\u009b1m", String.raw`"\u009b1m"`],
    ["DEL", "a\u007f", String.raw`"a\u007f"`],
    ["a zero-width space", "de\u200bv", String.raw`"de\u200bv"`],
    ["a byte order mark", "\ufeffdev", String.raw`"\ufeffdev"`],
    ["a right-to-left override", "\u202edev", String.raw`"\u202edev"`],
    ["a no-break space", "dev\u00a0", String.raw`"dev\u00a0"`],
    ["an ideographic space", "dev\u3000", String.raw`"dev\u3000"`],
    ["a soft hyphen", "eu\u00ad-central-1", String.raw`"eu\u00ad-central-1"`],
    ["a Hangul filler", "dev\u3164", String.raw`"dev\u3164"`],
    ["a variation selector", "dev\ufe0f", String.raw`"dev\ufe0f"`],
    ["a Braille pattern without dots", "\u2800", String.raw`"\u2800"`],
    ["a mark on the quote", "\u0301dev", String.raw`"\u0301dev"`],
    ["an invisible tag", "\u{e0041}", String.raw`"\udb40\udc41"`],
    ["a lone surrogate", "a\ud800", String.raw`"a\ud800"`],
    ["quotes and backslashes", String.raw`C:\a "b"`, String.raw`"C:\\a \"b\""`],
    ["blanks at the ends", "  dev  ", '"  dev  "'],
    ["letters of every script", "Größe 語 é 😀", '"Größe 語 é 😀"'],
    ["nothing", "", '""'],
  ])("escapes what cannot be seen, and shows text with %s", (_name, text, shown) => {
    expect(shownValue(text)).toBe(shown);
  });

  it.each([
    [5, "the number 5"],
    [1.5, "the number 1.5"],
    [Number.NaN, "the number nan"],
    [Number.NEGATIVE_INFINITY, "the number -inf"],
    [12n, "the number 12"],
    [true, "the boolean true"],
    [[1, 2], "a list"],
    [{ a: 1 }, "a table"],
    [new Date("2026-01-02T03:04:05Z"), "the date and time 2026-01-02T03:04:05Z"],
    [new Date(Number.NaN), "a date that there is not"],
    [null, "null"],
    [undefined, "nothing"],
  ])("names the kind of %s", (value, shown) => {
    expect(shownValue(value)).toBe(shown);
  });

  it("keeps the end of a text that is too long, where a blank or a carriage return may be", () => {
    const shown = shownValue(`${"x".repeat(10_000_000)}\r`, 40);
    expect(shown).toBe(String.raw`"${"x".repeat(29)}…${"x".repeat(9)}\r"`);
    expect(shownValue("😀".repeat(100), 40)).not.toMatch(/\\u/);
  });
});

describe("a name in a list", () => {
  it.each([
    ["dev", "dev"],
    ["my dev", "my dev"],
    ["dev\r", String.raw`"dev\r"`],
    ["a, b", '"a, b"'],
    [" dev", '" dev"'],
    ["", '""'],
  ])("has quotes only where it needs them: %s", (name, shown) => {
    expect(shownName(name)).toBe(shown);
  });
});
