import { createTegata } from "@tegata/cli";
import { expect, test } from "vitest";
import * as plugins from "./plugins.ts";

test("two plugins or commands share a name, or a flag is called like a setting", () => {
  expect(() => createTegata({ name: "acme-tegata", version: "0.0.0", ...plugins })).not.toThrow();
});
