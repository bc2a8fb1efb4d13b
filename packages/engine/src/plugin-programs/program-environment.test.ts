import { expect, it } from "vitest";
import { programEnvironment } from "./program-environment.ts";

it("a plugin program's environment has what every program needs and the variables that it names, and nothing of AWS or tegata", () => {
  const wanted = {
    PATH: "/bin",
    HOME: "/home/ann",
    LANG: "C",
    LC_ALL: "C",
    TZ: "UTC",
    XDG_RUNTIME_DIR: "/run",
    https_proxy: "http://p",
    NO_PROXY: "x",
    SSL_CERT_FILE: "/ca",
  };
  const foreign = {
    AWS_SECRET_ACCESS_KEY: "s",
    AWS_CA_BUNDLE: "/ca",
    TEGATA_STATE_DIR: "/s",
    GITHUB_TOKEN: "t",
    LD_PRELOAD: "x",
    PYTHONPATH: "x",
    NODE_OPTIONS: "x",
    BASH_ENV: "x",
    EMPTY: undefined,
  };
  expect(programEnvironment({ ...wanted, ...foreign }, "linux")).toEqual(wanted);
  expect(programEnvironment({ ...wanted, ...foreign }, "linux", ["GITHUB_TOKEN", "EMPTY"])).toEqual({
    ...wanted,
    GITHUB_TOKEN: "t",
  });
  expect(programEnvironment({ SystemRoot: "C:\\Windows" }, "win32")).toEqual({ SystemRoot: "C:\\Windows" });
  expect(programEnvironment({ SystemRoot: "C:\\Windows" }, "linux")).toEqual({});
});
