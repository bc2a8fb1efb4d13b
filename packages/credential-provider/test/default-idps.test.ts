import { defaultPlugins } from "@tegata/cli";
import { expect, it } from "vitest";
import { defaultIdps } from "../src/from-tegata.ts";

it("the identity providers of the library are those of the command line", () => {
  expect(defaultIdps.map(({ id }) => id)).toEqual(defaultPlugins.idps.map(({ id }) => id));
});
