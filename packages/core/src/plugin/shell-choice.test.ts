import { expect, it } from "vitest";
import { decodeVariables, encodeVariables } from "./shell-choice.ts";

it("names and values survive every shell's quotes, and come back as they were", () => {
  const values = new Map([
    ["role-arn", "arn:aws:iam::123456789012:role/R"],
    ["config", "/home/ann/a b, c=d~e'\"%!^\\\n/ä/😀.toml"],
    ["TEGATA_CONFIG", ""],
  ]);
  const text = encodeVariables(values);
  expect(text).toMatch(/^[\w.:/+~,=-]+$/);
  expect(decodeVariables(text)).toEqual(values);
});

it.each(["", ",", "x", "=y", "x,=y,"])("%j holds nothing", (text) => {
  expect(decodeVariables(text)).toEqual(new Map());
});

it("a number that is no character is left as it is", () => {
  expect(decodeVariables("a=~fffff~")).toEqual(new Map([["a", "\u{fffff}"]]));
});
