import { expect, it } from "vitest";
import { decodeVariables, encodeVariables } from "./shell-choice.ts";

it("encoded variables need no quotes in a shell, and are decoded to what they were", () => {
  const values = new Map([
    ["role-arn", "arn:aws:iam::123456789012:role/R"],
    ["config", "/home/ann/a b, c=d~e'\"%!^\\\n/ä/😀.toml"],
    ["TEGATA_CONFIG", ""],
  ]);
  const text = encodeVariables(values);
  expect(text).toMatch(/^[\w.:/+~,=-]+$/);
  expect(decodeVariables(text)).toEqual(values);
});

it.each(["", ",", "x", "=y", "x,=y,"])("%j is decoded to no variables", (text) => {
  expect(decodeVariables(text)).toEqual(new Map());
});

it("a code that is no character is decoded as it is", () => {
  expect(decodeVariables("a=~fffff~")).toEqual(new Map([["a", "\u{fffff}"]]));
});
