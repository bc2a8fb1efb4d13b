import { failure } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { type ProfileValues, withoutProfile, withProfile } from "./profile-section.ts";

const path = "/home/ann/.aws/credentials";
const values: ProfileValues = {
  aws_access_key_id: "ASIAEXAMPLE",
  aws_secret_access_key: "secret+/=",
  aws_session_token: "token+/==",
  aws_account_id: "123456789012",
  region: "eu-central-1",
  x_tegata_expiration: "2030-01-01T01:00:00Z",
};
const keys = `aws_access_key_id = ASIAEXAMPLE
aws_secret_access_key = secret+/=
aws_session_token = token+/==
aws_account_id = 123456789012
region = eu-central-1
x_tegata_expiration = 2030-01-01T01:00:00Z
`;
const section = `[dev]\n${keys}`;

const set = (text: string, changes: Partial<ProfileValues> = {}, mayOverwrite = false) =>
  withProfile({ path, text }, "dev", { ...values, ...changes }, mayOverwrite);
const unset = (text: string) => withoutProfile({ path, text }, "dev");
const refusal = (text: string, code: "file_unwritable" | "file_unreadable" = "file_unwritable") =>
  failure(
    Promise.resolve().then(() => set(text)),
    code,
  );

describe("a new section", () => {
  it.each([
    ["", section],
    ["[other]\nregion = x\n", `[other]\nregion = x\n\n${section}`],
    ["[other]\nregion = x", `[other]\nregion = x\n\n${section}`],
    ["# only a comment\n", `# only a comment\n\n${section}`],
    ["[other]\r\nregion = x\r\n", `[other]\r\nregion = x\r\n\r\n${section.replaceAll("\n", "\r\n")}`],
    ["[profile dev]\nregion = x\n", `[profile dev]\nregion = x\n\n${section}`],
    ["[developer]\nregion = x\n", `[developer]\nregion = x\n\n${section}`],
  ])("stands below what is there in %j", (text, expected) => {
    expect(set(text)).toBe(expected);
  });

  it("leaves nothing behind when it is taken back, and takes nothing along", () => {
    for (const text of [
      "",
      "[other]\nregion = x\n",
      "[other]\nregion = x\n\n\n",
      "# comment\n\n",
      "[other]\r\na = b\r\n",
    ]) {
      expect(unset(set(text))).toBe(text);
      expect(unset(`${set(text)}\n[later]\nregion = y\n`)).toBe(`${text}\n[later]\nregion = y\n`);
    }
  });
});

describe("a section of ours", () => {
  const around = `; before
[other]
aws_access_key_id=AKIAOTHER

[dev]
# somebody's comment
AWS_Access_Key_ID=old
aws_secret_access_key = old
aws_security_token = old
output = json
region : old
x_tegata_expiration = 2020-01-01T01:00:00Z

# about the next one
[next]
cli_pager =
s3 =
  max_concurrent_requests = 20
`;

  it("keeps a comment, a foreign key and its place when it is renewed", () => {
    expect(set(around)).toBe(`; before
[other]
aws_access_key_id=AKIAOTHER

[dev]
# somebody's comment
${keys}output = json

# about the next one
[next]
cli_pager =
s3 =
  max_concurrent_requests = 20
`);
  });

  it("stays as it is when it is renewed with the same", () => {
    expect(set(set(around))).toBe(set(around));
  });

  it("loses the account of another role", () => {
    expect(set(set(around), { aws_account_id: undefined })).toBe(
      set(around).replace("aws_account_id = 123456789012\n", ""),
    );
  });

  it("keeps a foreign key when it is taken back", () => {
    expect(unset(set(around))).toContain(
      "\n[dev]\n# somebody's comment\noutput = json\n\n# about the next one\n[next]\n",
    );
  });

  it("may have a last line without an end", () => {
    expect(set(`[dev]\nx_tegata_expiration = old`)).toBe(section);
    expect(set(`[dev]`)).toBe(section);
    expect(unset(section.trimEnd())).toBe("");
  });
});

describe("a section that tegata did not write", () => {
  it.each(["aws_access_key_id", "aws_secret_access_key", "AWS_SESSION_TOKEN", "aws_security_token", "region"])(
    "keeps its %s, unless a flag says otherwise",
    async (key) => {
      const text = `[dev]\noutput = json\n${key} = mine\n`;
      const { message, hint } = await refusal(text);
      expect(message).toBe(`the profile dev in ${path} has ${key.toLowerCase()}, which tegata did not write`);
      expect(hint).toContain("--overwrite-foreign-keys");
      expect(unset(text)).toBeUndefined();
      expect(set(text, {}, true)).toBe(`[dev]\noutput = json\n${keys}`);
    },
  );

  it.each(["credential_process", "role_arn", "source_profile", "sso_session", "web_identity_token_file"])(
    "gets no keys beside its %s, as each SDK would take something else",
    async (key) => {
      const text = `[dev]\n${key} = mine\n`;
      expect((await refusal(text)).message).toContain(`has ${key}, with which keys do not go together`);
      expect(() => set(text, {}, true)).toThrow("do not go together");
    },
  );

  it("keeps every line where it holds nothing of what is written", () => {
    expect(set("[dev]\noutput = json\n\n[next]\n")).toBe(`[dev]\n${keys}output = json\n\n[next]\n`);
  });
});

describe("a file that SDKs do not read alike", () => {
  it.each([
    ["\ufeff[dev]\n", 1, "begins with a byte order mark"],
    ["region = x\n[dev]\n", 1, "stands before the first section"],
    ["[dev]\n[other]\n[dev]\n", 3, "begins the section [dev] for the second time"],
    ["[dev]\n[ dev ]\n", 2, "begins the section [dev] for the second time"],
    ["[other]\nregion = x\n  [dev]\n", 3, "has a space before its ["],
    ["[dev\nregion = x\n", 1, "is not a section that all SDKs read alike"],
    ["[dev] # [x]\n", 1, "is not a section that all SDKs read alike"],
    ["[dev] x\n", 1, "is not a section that all SDKs read alike"],
    ["[]\n", 1, "is not a section that all SDKs read alike"],
    ["[other]\nno separator\n", 2, "is neither a section nor a key nor a comment"],
    ["[other]\ra = b\n[dev]\n", 1, "holds a carriage return that ends no line"],
    ["[dev]\n  aws_access_key_id = AKIA\n", 2, "begins with a space"],
    ["[dev]\nregion = x\nREGION = y\n", 3, "has the key region for the second time"],
  ])("is refused with its line: %j", async (text, line, what) => {
    const { message } = await refusal(text, "file_unreadable");
    expect(message).toBe(`line ${line} of ${path} ${what}`);
  });

  it("is told apart from a good one with comments and carriage returns", () => {
    const before = "# c\n\n[default] ; mine\r\na = b\n\n[dev] # 'mine'\n";
    expect(set(`${before}output=json\n`)).toBe(`${before}${keys}output=json\n`);
  });
});

describe("any file", () => {
  const blocks = [
    "\n",
    "# a comment\n",
    "; [dev] is not here\n",
    "[default]\naws_access_key_id=AKIA\naws_secret_access_key=s/+=\n",
    "[a/b@c]\n\nregion : eu-west-1\n  \n",
    "[nested]\ns3 =\n  max_concurrent_requests = 20\n",
    "[profile dev]\ncredential_process = /bin/x dev\n",
    "[empty]\n",
    "[comments] ; behind\n#[dev]\n# end\n\n\n",
  ];

  /** Every way to leave some out. */
  const files = Array.from({ length: 2 ** blocks.length }, (_, mask) =>
    blocks.filter((_block, index) => (mask & (2 ** index)) !== 0).join(""),
  );

  it("is the same again after a profile came and went, and does not change when that is renewed", () => {
    for (const lineEnd of ["\n", "\r\n"]) {
      for (const file of files) {
        const text = file.replaceAll("\n", lineEnd);
        const written = set(text);
        expect(written.startsWith(text)).toBe(true);
        expect(set(written)).toBe(written);
        expect(unset(written)).toBe(text);
      }
    }
  });
});
