import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { withoutSection, withSections } from "./toml-sections.ts";

const dev = {
  path: ["profile", "dev"],
  values: { idp: "acme", role_arn: "arn:aws:iam::123456789012:role/Dev" },
} as const;

describe("a settings file with a new section", () => {
  it.each([
    ["is new", "", '[profile.dev]\nidp = "acme"'],
    ["ends with a line end", '# mine\n[idp.acme]\ntype = "auth0"\n', '\n[profile.dev]\nidp = "acme"'],
    ["ends without one", "# mine", '\n\n[profile.dev]\nidp = "acme"'],
    ["ends with an empty line", "# mine\n\n", '[profile.dev]\nidp = "acme"'],
    ["has CRLF", "# mine\r\n", '\r\n[profile.dev]\r\nidp = "acme"\r\n'],
    ["has a byte order mark", "\uFEFF# mine\n", '\n[profile.dev]\nidp = "acme"'],
  ])("keeps what is there byte for byte where it %s", (_what, text, added) => {
    const whole = withSections(text, [dev]) ?? "";
    expect(whole.startsWith(text + added)).toBe(true);
  });

  it.each([
    ["a name with blanks", "my profile"],
    ["a name with quotes and a line break", 'a"b\nc'],
    ["a name in another script", "手形"],
  ])("says what is meant with %s", (_what, name) => {
    const values = {
      idp: 'with "quotes" and \\ and \u007f',
      list: ["a", "b"],
      table: { "a key": "x" },
      on: true,
      n: 3,
    };
    const whole = withSections("", [{ path: ["profile", name], values }]) ?? "";
    expect(parse(whole)).toEqual({ profile: { [name]: values } });
  });

  it.each([
    ["the tables are inline", 'profile = { prod = { idp = "acme" } }\n'],
    ["the section is there", "[profile.dev]\n"],
    ["it is no TOML", "[profile\n"],
  ])("is refused where %s", (_what, text) => {
    expect(withSections(text, [dev])).toBeUndefined();
  });
});

const around = (section: string) =>
  `# top\ndefault_profile = "prod"\n\n${section}# of prod\n[profile.prod]\nidp = "acme"\n`;

describe("a settings file without a section", () => {
  it("keeps everything else byte for byte, comments before the next section too", async () => {
    const section = '[profile.dev] # mine\nidp = "acme"\n# inside\nregion = "us-east-1"\n\n';
    expect(await withoutSection(around(section), ["profile", "dev"])).toBe(around(""));
  });

  it("is without the sections below it", async () => {
    const text = `[profile.dev]\nidp = "a"\n\n[profile.prod]\nx = 1\n\n[profile.dev.session_tags]\nTeam = "x"\n`;
    expect(await withoutSection(text, ["profile", "dev"])).toBe("[profile.prod]\nx = 1\n");
  });

  it("may end with it, and may have CRLF and a byte order mark", async () => {
    expect(await withoutSection('\uFEFF# a\r\n\r\n[profile.dev]\r\nidp = "a"', ["profile", "dev"])).toBe(
      "\uFEFF# a\r\n",
    );
  });

  it.each([
    ["a table in a line", 'profile = { dev = { idp = "a" } }'],
    ["keys with dots", 'profile.dev.idp = "a"'],
    ["keys in the table around it", '[profile]\ndev.idp = "a"'],
    ["nothing", "[profile.prod]\n"],
  ])("is none where the section is %s", async (_what, text) => {
    expect(await withoutSection(text, ["profile", "dev"])).toBeUndefined();
  });
});
