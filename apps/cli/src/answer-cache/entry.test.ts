import { describe, expect, it } from "vitest";
import { foldersOf } from "../../../../packages/engine/src/settings/folders.ts";
import { coreSettings } from "@tegata/engine/settings";
import { encodeEntry } from "./encode-entry.ts";
import {
  decodeEntry,
  mayDependOnShell,
  entryFileOf,
  isOwn,
  isPartOfKey,
  judgeEntry,
  entryKeyOf,
  shellOf,
  type CacheEntry,
  type SettingsState,
} from "./entry.ts";

const own: SettingsState = {
  path: "/home/ann/.config/tegata/tegata.toml",
  bytes: 31,
  owner: "1000 1000 420",
  text: '[profile.dev]\nrole_arn = "arn"\n',
};
const team: SettingsState = {
  path: "/home/ann/.config/tegata/team.toml",
  bytes: 12,
  owner: "1000 1000 384",
  text: "version = 3\n",
};
const noMachine: SettingsState = { path: "/etc/tegata/tegata.toml", bytes: 0, owner: "", text: "" };

const entry: CacheEntry = {
  key: entryKeyOf("tegata", ["credential-process", "dev"], { HOME: "/home/ann" }, 1000, ""),
  credentialsFile: "/home/ann/.cache/tegata/a.json",
  credentialsBytes: 1800,
  credentialsWrittenAt: 1_900_000_000_000,
  freshFrom: 1_900_000_000_000 - 60_000,
  freshUntil: 1_900_000_000_000 + 2_640_000,
  expiresAt: 1_900_000_000_000 + 3_600_000,
  settings: [own, team, noMachine],
  stdout: '{"Version":1}\n',
};
const files = {
  settings: entry.settings,
  credentialsBytes: 1800,
  credentialsWrittenAt: 1_900_000_000_000,
};

describe("a cached output", () => {
  it("comes back as it was, settings with every kind of character included", () => {
    const odd = { ...entry, settings: [{ ...own, text: "é\n\n😀\r\nx" }, team, noMachine], stdout: "\n\n" };
    expect(decodeEntry(encodeEntry(odd))).toEqual(odd);
    const none = { ...entry, settings: [{ ...noMachine, path: "" }, { ...noMachine, path: "" }, noMachine] };
    expect(decodeEntry(encodeEntry(none))).toEqual(none);
  });

  it("is a miss when it is cut anywhere, longer than it was, empty, or of another version", () => {
    const text = encodeEntry(entry);
    for (let length = 0; length < text.length; length += 1) {
      expect(decodeEntry(text.slice(0, length))).toBeUndefined();
    }
    expect(decodeEntry(`${text} `)).toBeUndefined();
    expect(decodeEntry(text.replace("tegata-entry-2", "tegata-entry-1"))).toBeUndefined();
    expect(decodeEntry("\n".repeat(30))).toBeUndefined();
  });

  it.each<[string, Change, string]>([
    ["nothing has changed", {}, "right"],
    ["the clock was set back before the credentials were issued", { now: entry.freshFrom - 1 }, "changed"],
    ["the clock ran past the time to renew", { now: entry.freshUntil + 1 }, "renewable"],
    ["the clock ran past the end", { now: entry.expiresAt }, "ended"],
    ["the clock gives no number", { now: Number.NaN }, "changed"],
    ["another key has the same file name", { key: "other" }, "other"],
    [
      "the settings changed at the same length",
      { settings: [{ ...own, text: own.text.replace("dev", "prd") }, team, noMachine] },
      "other",
    ],
    [
      "the settings became somebody else's",
      { settings: [{ ...own, owner: "1001 1000 420" }, team, noMachine] },
      "other",
    ],
    [
      "others can write to the settings now",
      { settings: [{ ...own, owner: "1000 1000 438" }, team, noMachine] },
      "other",
    ],
    [
      "the settings have a byte order mark now",
      { settings: [{ ...own, bytes: own.bytes + 3 }, team, noMachine] },
      "other",
    ],
    ["the settings are gone", { settings: [noMachine, team, noMachine] }, "other"],
    ["the team's settings changed", { settings: [own, { ...team, text: "version = 4\n" }, noMachine] }, "other"],
    [
      "the team's settings became somebody else's",
      { settings: [own, { ...team, owner: "0 0 420" }, noMachine] },
      "other",
    ],
    ["the team's settings are gone", { settings: [own, noMachine, noMachine] }, "other"],
    [
      "the machine has settings now",
      { settings: [own, team, { ...noMachine, owner: "0 0 420", text: "\n", bytes: 1 }] },
      "other",
    ],
    [
      "the machine has settings now that are empty",
      { settings: [own, team, { ...noMachine, owner: "0 0 420" }] },
      "other",
    ],
    ["not all files were looked at", { settings: [own, team] }, "other"],
    [
      "the settings changed and the credentials are gone",
      { settings: [team, team, noMachine], credentialsBytes: 0 },
      "other",
    ],
    ["the credentials are gone", { credentialsBytes: 0 }, "changed"],
    ["the credentials are others", { credentialsWrittenAt: entry.credentialsWrittenAt + 1 }, "changed"],
    [
      "the credentials are others, and are about to end",
      { credentialsWrittenAt: entry.credentialsWrittenAt + 1, now: entry.freshUntil + 1 },
      "changed",
    ],
  ])("is judged rightly when %s", (_name, change, judgement) => {
    const { now = entry.freshFrom, key = entry.key, ...changed } = change;
    expect(judgeEntry(entry, key, now, { ...files, ...changed })).toBe(judgement);
  });

  it.each(["freshUntil", "freshFrom", "credentialsBytes"] as const)("is not given when its %s is no number", (name) => {
    const broken = decodeEntry(encodeEntry(entry).replace(`\n${entry[name]}\n`, "\nsoon\n"));
    expect(broken?.[name]).toBeNaN();
    expect(judgeEntry(broken ?? entry, entry.key, entry.freshFrom, files)).not.toBe("right");
  });
});

it.each([
  ["somebody else's", { uid: 1001, mode: 0o100600 }, 1000, false],
  ["one that the group can write", { uid: 1000, mode: 0o100620 }, 1000, false],
  ["one that the group can read", { uid: 1000, mode: 0o100640 }, 1000, false],
  ["one that everybody can write", { uid: 1000, mode: 0o100602 }, 1000, false],
  ["one's own", { uid: 1000, mode: 0o100600 }, 1000, true],
  ["any, where there are no users", { uid: 0, mode: 0o100666 }, -1, true],
])("a file is trusted only when nobody else can have written it: %s", (_name, file, uid, isTrue) => {
  expect(isOwn(file, uid)).toBe(isTrue);
});

type Change = Partial<typeof files> & { readonly now?: number; readonly key?: string };

describe("the key of a cached output", () => {
  const env = { HOME: "/home/ann", AWS_REGION: "eu-central-1", TEGATA_PROFILE: "dev", PATH: "/bin" };
  const key = entryKeyOf("tegata", ["env"], env, 1000, "");

  it.each([
    ["another argument", entryKeyOf("tegata", ["env", "--shell=fish"], env, 1000, "")],
    ["arguments split elsewhere", entryKeyOf("tegata", ["e", "nv"], env, 1000, "")],
    ["another user", entryKeyOf("tegata", ["env"], env, 0, "")],
    ["another program", entryKeyOf("acme", ["env"], env, 1000, "")],
    ["another shell", entryKeyOf("tegata", ["env"], env, 1000, "fish")],
    ["another home", entryKeyOf("tegata", ["env"], { ...env, HOME: "/root" }, 1000, "")],
    ["another region", entryKeyOf("tegata", ["env"], { ...env, AWS_REGION: "eu-west-1" }, 1000, "")],
    ["a variable that was not set", entryKeyOf("tegata", ["env"], { ...env, TEGATA_DURATION: "1h" }, 1000, "")],
    [
      "a variable that is set no more",
      entryKeyOf("tegata", ["env"], { HOME: env.HOME, AWS_REGION: "eu-central-1" }, 1000, ""),
    ],
  ])("is another one with %s", (_name, other) => {
    expect(other).not.toBe(key);
    expect(entryFileOf(other, { HOME: "/x" }, "linux")).not.toBe(entryFileOf(key, { HOME: "/x" }, "linux"));
  });

  it("is the same with other variables that do not count, in any order", () => {
    const other = { TERM: "xterm", TEGATA_PROFILE: "dev", AWS_REGION: "eu-central-1", HOME: "/home/ann" };
    expect(entryKeyOf("tegata", ["env"], other, 1000, "")).toBe(key);
  });

  it("holds every variable that a setting is read from", () => {
    const read = Object.values(coreSettings).flatMap((setting) =>
      "awsVariables" in setting ? [...setting.awsVariables] : [],
    );
    expect(read.filter((variable) => !isPartOfKey(variable))).toEqual([]);
  });

  it("holds no variable that carries AWS keys", () => {
    const secret = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    expect(secret.filter(isPartOfKey)).toEqual([]);
  });
});

describe("the shell", () => {
  it.each<[readonly string[], Record<string, string>, boolean]>([
    [["env", "dev"], {}, true],
    [["env", "--unset"], { TEGATA_SHELL: "" }, true],
    [["--profile", "dev", "env"], {}, true],
    [["-p", "dev", "--quiet", "env"], {}, true],
    [["env", "--shell", "fish"], {}, false],
    [["env", "dev", "--shell=fish"], {}, false],
    [["--shell=fish", "env"], {}, false],
    [["env"], { TEGATA_SHELL: "fish" }, false],
    [["credential-process"], {}, false],
  ])("of the words %j is looked for where it may count", (args, env, may) => {
    expect(mayDependOnShell(args, env)).toBe(may);
  });

  it.each([
    ["/usr/bin/bash", "bash"],
    ["/bin/dash", "dash"],
    ["/nix/store/x/bin/nu", "nu"],
    ["/usr/bin/bash (deleted)", ""],
    ["/bin/busybox", ""],
    ["/usr/bin/python3.13", ""],
    ["/usr/bin/timeout", ""],
    ["", ""],
  ])("of the executable %j is %j", (executable, shell) => {
    expect(shellOf(executable)).toBe(shell);
  });
});

it.each([
  ["linux", { HOME: "/home/ann" }],
  ["linux", { HOME: "/home/ann", XDG_CACHE_HOME: "/var/cache/ann/" }],
  ["linux", { HOME: "/home/ann", XDG_CACHE_HOME: "relative" }],
  ["linux", { HOME: "/home/ann", TEGATA_CACHE_DIR: "/elsewhere" }],
  ["linux", { HOME: "/home/ann", TEGATA_CACHE_DIR: "~/c" }],
  ["linux", { HOME: "/home/ann/", TEGATA_CACHE_DIR: "~/c" }],
  ["linux", { HOME: "/home/ann", TEGATA_CACHE_DIR: "~bob/c" }],
  ["linux", { HOME: "/home/ann", TEGATA_CACHE_DIR: "c" }],
  ["linux", { HOME: "." }],
  ["linux", { HOME: ".", TEGATA_CACHE_DIR: "~/c" }],
  ["linux", {}],
  ["darwin", { HOME: "/Users/ann" }],
  ["darwin", { HOME: "/Users/ann", XDG_CACHE_HOME: "/x" }],
  ["win32", { LOCALAPPDATA: "C:\\Users\\ann\\AppData\\Local" }],
])("an output is cached in the cache folder, on %s with %o", (platform, env: Record<string, string>) => {
  const folder = foldersOf({ platform, env, home: env["HOME"] }).cacheDir;
  const file = entryFileOf("key", env, platform);
  expect(file?.replace(/[\\/][0-9a-f]{16}\.output$/, "")).toBe(folder);
});
