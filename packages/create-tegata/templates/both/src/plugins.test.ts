import { createTegata } from "@tegata/cli";
import { expect, test } from "vitest";
import * as plugins from "./plugins.ts";

test("no two plugins or commands share a name, and no flag is called like a setting", () => {
  expect(() => createTegata({ name: "acme-tegata", version: "0.0.0", ...plugins })).not.toThrow();
});
