import { expect, test } from "vitest";
import { resolveCommandLine } from "./global-flags.ts";

test("what only the command line says comes from flags, then variables", () => {
  expect(resolveCommandLine({ flags: {}, env: {} })).toEqual({
    config: undefined,
    fresh: false,
    quiet: false,
    verbose: false,
    errorFormat: "text",
  });
  expect(
    resolveCommandLine({
      flags: { config: "x.toml", verbose: true },
      env: { TEGATA_QUIET: "1", TEGATA_ERROR_FORMAT: "json", TEGATA_FRESH: "No" },
    }),
  ).toEqual({ config: "x.toml", fresh: false, quiet: false, verbose: true, errorFormat: "json" });
  expect(resolveCommandLine({ flags: { quiet: true }, env: { TEGATA_VERBOSE: "1" } })).toMatchObject({
    quiet: true,
    verbose: false,
  });
  for (const commandLine of [
    { flags: { quiet: true, verbose: true }, env: {} },
    { flags: {}, env: { TEGATA_FRESH: "on" } },
    { flags: { "error-format": "xml" }, env: {} },
    { flags: { config: "" }, env: {} },
  ]) {
    expect(() => resolveCommandLine(commandLine)).toThrow(expect.objectContaining({ code: "usage_invalid" }));
  }
});
