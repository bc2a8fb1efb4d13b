import { expect, it } from "vitest";
import { allClaimsOf } from "./all-claims.ts";

const jwt = (payload: string) => `e30.${Buffer.from(payload, "utf8").toString("base64url")}.AAAA`;

it("the claims of a JWT are all there, names and values in UTF-8", () => {
  expect(allClaimsOf(jwt('{"sub":"ann","name":"Änn 手形","https://acme/roles":["a"]}'))).toEqual({
    sub: "ann",
    name: "Änn 手形",
    "https://acme/roles": ["a"],
  });
});

it.each(["", "a.b.c", "no token", jwt("[1]"), jwt("null"), jwt("{"), "e30.!!!.AAAA"])("%s has none", (text) => {
  expect(allClaimsOf(text)).toEqual({});
});
