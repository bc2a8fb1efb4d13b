import { describe, expect, it } from "vitest";
import type { TeamRecord } from "./team-record.ts";
import { withTeam } from "./team-table.ts";

const record: TeamRecord = {
  url: "https://acme.com/tegata.toml",
  sha256: "ab".repeat(32),
  fetched_at: "2026-11-29T12:00:00Z",
  version: 4,
};
const lines = [
  'url = "https://acme.com/tegata.toml"',
  `sha256 = "${"ab".repeat(32)}"`,
  'fetched_at = "2026-11-29T12:00:00Z"',
  "version = 4",
];

describe("what a settings file remembers of a team's", () => {
  it.each([
    ["an empty file", "", `[team]\n${lines.join("\n")}\n`],
    ["a file without a last line end", "[profile.x]", `[profile.x]\n\n[team]\n${lines.join("\n")}\n`],
    ["a file of comments", "# mine\n", `# mine\n\n[team]\n${lines.join("\n")}\n`],
    ["a file of Windows", "[profile.x]\r\n", `[profile.x]\r\n\r\n[team]\r\n${lines.join("\r\n")}\r\n`],
    ["a file with a mark", "\uFEFF[profile.x]\n", `\uFEFF[profile.x]\n\n[team]\n${lines.join("\n")}\n`],
  ])("is added to %s", async (_what, before, after) => {
    expect(await withTeam(before, record)).toBe(after);
  });

  it("takes the place of what was there, and all else stays byte for byte", async () => {
    const before = [
      "# of mine\r",
      "[ team ] # written by hand",
      "  version=3 # three",
      "sha256   =   'old'   # a hash",
      "# between",
      'url = "https://old.example/x"',
      "",
      "[profile.dev]   # last",
      'region = "eu-central-1"',
    ].join("\n");
    const after = [
      "# of mine\r",
      "[ team ] # written by hand",
      "  version=4 # three",
      `sha256   =   "${record.sha256}"   # a hash`,
      "# between",
      'url = "https://acme.com/tegata.toml"',
      'fetched_at = "2026-11-29T12:00:00Z"',
      "",
      "[profile.dev]   # last",
      'region = "eu-central-1"',
    ].join("\n");
    expect((await withTeam(before, record))?.replaceAll("\r\n", "\n")).toBe(after.replaceAll("\r\n", "\n"));
  });

  it.each([
    ["without a key", "[team]\n", `[team]\n${lines.join("\n")}\n`],
    ["without a key and a line end", "[profile.x]\n[team]", `[profile.x]\n[team]\n${lines.join("\n")}\n`],
    ["whose last key ends the file", 'x.y = 1\n[team]\nurl = "a"', `x.y = 1\n[team]\n${lines.join("\n")}\n`],
  ])("goes into a section %s", async (_what, before, after) => {
    expect(await withTeam(before, record)).toBe(after);
  });

  it("that has no version keeps the one that is there", async () => {
    const { version: _version, ...without } = record;
    expect(await withTeam('[team]\nversion = 3\nurl = "x"\n', without)).toContain("version = 3\n");
  });

  it.each([
    ["an inline table", 'team = { url = "x" }\n'],
    ["dotted keys", 'team.url = "x"\n'],
    ["a list", '[[team]]\nurl = "x"\n'],
  ])("is not put into %s", async (_what, text) => {
    expect(await withTeam(text, record)).toBeUndefined();
  });
});
