import { describe, expect, test } from "vitest";
import { foldersOf, refuseRelativeFolders } from "./folders.ts";

const named = { settingsFileNamedBy: undefined };

test("Linux and the BSDs have the XDG defaults, and a relative XDG variable counts as none", () => {
  const expected = {
    ...named,
    settingsFile: "/home/ann/.config/tegata/tegata.toml",
    cacheDir: "/home/ann/.cache/tegata",
    stateDir: "/home/ann/.local/state/tegata",
  };
  for (const platform of ["linux", "freebsd", "openbsd", "android"]) {
    expect(foldersOf({ platform, env: {}, home: "/home/ann" })).toEqual(expected);
  }
  const relative = { XDG_CONFIG_HOME: "conf", XDG_CACHE_HOME: "./c", XDG_STATE_HOME: "" };
  expect(foldersOf({ platform: "linux", env: relative, home: "/home/ann" })).toEqual(expected);
});

test.each(["linux", "darwin"])("the XDG variables are followed on %s", (platform) => {
  const env = { XDG_CONFIG_HOME: "/x/config", XDG_CACHE_HOME: "/x/cache", XDG_STATE_HOME: "/x/state" };
  expect(foldersOf({ platform, env, home: undefined })).toEqual({
    ...named,
    settingsFile: "/x/config/tegata/tegata.toml",
    cacheDir: "/x/cache/tegata",
    stateDir: "/x/state/tegata",
  });
});

test("macOS has its folders in the Library", () => {
  expect(foldersOf({ platform: "darwin", env: {}, home: "/Users/ann" })).toEqual({
    ...named,
    settingsFile: "/Users/ann/Library/Application Support/tegata/tegata.toml",
    cacheDir: "/Users/ann/Library/Caches/tegata",
    stateDir: "/Users/ann/Library/Application Support/tegata/state",
  });
});

test("Windows has its folders in AppData", () => {
  const env = { APPDATA: String.raw`C:\Users\Ann\AppData\Roaming`, LOCALAPPDATA: String.raw`D:\Local` };
  const expected = {
    ...named,
    settingsFile: String.raw`C:\Users\Ann\AppData\Roaming\tegata\tegata.toml`,
    cacheDir: String.raw`D:\Local\tegata\cache`,
    stateDir: String.raw`D:\Local\tegata\state`,
  };
  expect(foldersOf({ platform: "win32", env, home: undefined })).toEqual(expected);
  expect(foldersOf({ platform: "win32", env: {}, home: String.raw`C:\Users\Ann` })).toMatchObject({
    settingsFile: expected.settingsFile,
    cacheDir: String.raw`C:\Users\Ann\AppData\Local\tegata\cache`,
  });
});

test.each(["linux", "darwin", "win32"])("there are no folders without a home folder on %s", (platform) => {
  for (const home of [undefined, ""]) {
    expect(foldersOf({ platform, env: {}, home })).toEqual({
      ...named,
      settingsFile: undefined,
      cacheDir: undefined,
      stateDir: undefined,
    });
  }
});

test("tegata's own variables and --config come first", () => {
  const env = { TEGATA_CONFIG: "/t/x.toml", TEGATA_CACHE_DIR: "/t/cache", TEGATA_STATE_DIR: "/t/state" };
  const input = { platform: "linux", env, home: "/home/ann" };
  expect(foldersOf(input)).toEqual({
    settingsFile: "/t/x.toml",
    settingsFileNamedBy: "variable",
    cacheDir: "/t/cache",
    stateDir: "/t/state",
  });
  expect(foldersOf({ ...input, config: "y.toml" })).toMatchObject({
    settingsFile: "y.toml",
    settingsFileNamedBy: "flag",
  });
});

describe("a path of one's own", () => {
  const input = { platform: "linux", home: "/home/ann", env: {} };

  test("begins at the home folder where it begins with ~/", () => {
    const env = { TEGATA_CONFIG: "~/t.toml", TEGATA_CACHE_DIR: "~/c", TEGATA_STATE_DIR: "~" };
    refuseRelativeFolders({ ...input, env });
    expect(foldersOf({ ...input, env })).toMatchObject({
      settingsFile: "/home/ann/t.toml",
      cacheDir: "/home/ann/c",
      stateDir: "/home/ann",
    });
    expect(foldersOf({ ...input, config: "~/other.toml" }).settingsFile).toBe("/home/ann/other.toml");
    expect(foldersOf({ platform: "win32", env: { TEGATA_CACHE_DIR: "~\\c" }, home: "C:\\Ann" }).cacheDir).toBe(
      "C:\\Ann\\c",
    );
  });

  test.each([
    ["TEGATA_STATE_DIR", "state", 'name the whole path: export TEGATA_STATE_DIR="$PWD"/state'],
    ["TEGATA_CACHE_DIR", "./my cache", `name the whole path: export TEGATA_CACHE_DIR="$PWD"/'my cache'`],
    ["TEGATA_CACHE_DIR", "~bob/cache", "name the whole path in TEGATA_CACHE_DIR"],
    ["TEGATA_STATE_DIR", "$HOME/state", "name the whole path in TEGATA_STATE_DIR"],
  ])("is refused where %s is %s", (variable, value, hint) => {
    const env = { [variable]: value };
    expect(() => refuseRelativeFolders({ ...input, env })).toThrow(
      expect.objectContaining({
        code: "usage_invalid",
        message: `${variable} is "${value}", which is relative: it would be another folder in each folder`,
        hint,
      }),
    );
    expect(Object.values(foldersOf({ ...input, env }))).not.toContain(value);
  });

  test("is not derived from a relative home folder", () => {
    expect(() => refuseRelativeFolders({ ...input, home: "." })).toThrow('HOME is ".", which is relative');
    expect(foldersOf({ ...input, home: "." })).toEqual(foldersOf({ ...input, home: undefined }));
    expect(foldersOf({ platform: "win32", env: { LOCALAPPDATA: "local" }, home: "C:\\Ann" }).cacheDir).toBe(
      "C:\\Ann\\AppData\\Local\\tegata\\cache",
    );
  });
});
