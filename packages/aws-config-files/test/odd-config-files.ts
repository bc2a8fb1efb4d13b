/**
 * Files that people have at `~/.aws/config`. Where botocore reads them, a block can be written and taken out again; `refused` says
 * why not.
 */
export interface OddFile {
  readonly name: string;
  readonly text: string;
  /** What the refusal says, from "line". */
  readonly refused?: string;
}

const mine = "[profile mine]\nregion = us-east-1\n";

export const oddConfigFiles: readonly OddFile[] = [
  { name: "nothing at all", text: "" },
  { name: "one empty line", text: "\n" },
  { name: "one empty line of Windows", text: "\r\n" },
  { name: "blanks alone", text: "   \n\t\n" },
  { name: "a comment alone", text: "# mine\n" },
  { name: "a comment without an end", text: "; mine" },
  { name: "a plain profile", text: mine },
  { name: "no last line break", text: mine.trimEnd() },
  { name: "many empty lines at the end", text: `${mine}\n\n\n` },
  { name: "blanks at the end", text: `${mine}   ` },
  { name: "CRLF", text: mine.replaceAll("\n", "\r\n") },
  { name: "CRLF and no last line break", text: mine.replaceAll("\n", "\r\n").trimEnd() },
  { name: "line ends of both kinds", text: "[profile a]\r\nregion = x\n[profile b]\nregion = y\r\n" },
  { name: "a byte order mark", text: `\ufeff${mine}` },
  { name: "a byte order mark and CRLF", text: `\ufeff${mine.replaceAll("\n", "\r\n")}` },
  { name: "a byte order mark alone", text: "\ufeff" },
  { name: "comments everywhere", text: `# a\n; b\n${mine}# c\n  # d\n[default] # e\n; f\nregion=x\n#` },
  { name: "a comment that has a key in it", text: "[default]\nregion = x\n# output = json: no\n" },
  { name: "indented keys", text: "[profile mine]\n  region = us-east-1\n  output = json\n" },
  { name: "tabs", text: "[profile\tmine]\n\tregion\t=\tus-east-1\n" },
  { name: "an indented section", text: "  [profile mine]\n  region = us-east-1\n" },
  { name: "a value over several lines", text: "[profile mine]\ncredential_process = a\n  b\n\n  c\nregion = x\n" },
  { name: "a nested block", text: "[profile mine]\ns3 =\n  max_concurrent_requests = 20\n  addressing_style=path\n" },
  { name: "a nested block at the end", text: "[profile mine]\nregion = x\ns3 =\n    use_accelerate_endpoint = true" },
  {
    name: "sign-in sessions and services",
    text: "[sso-session corp]\nsso_region = x\n[services s]\ns3 =\n  endpoint_url = u\n",
  },
  { name: "quoted names", text: `[profile "my dev"]\nregion = x\n[profile 'your dev']\nregion = y\n` },
  { name: "names of every alphabet", text: "[profile 開発]\nregion = x\n[profile größe]\nregion = y\n" },
  { name: "names that objects have", text: "[profile __proto__]\nregion = x\n[profile toString]\nregion = y\n" },
  { name: "a section that nobody knows", text: "[plugins]\ncli_legacy_plugin_path = /x\n[granted_registry_start X]\n" },
  { name: "an empty section at the end", text: "[profile mine]" },
  { name: "keys with colons", text: "[profile mine]\nregion: x\noutput :json\n" },
  { name: "keys in capitals", text: "[profile mine]\nREGION = x\nCredential_Process = y\n" },
  { name: "percent and quotes", text: '[profile mine]\ncredential_process = "a b" %(c)s 50%\n' },
  { name: "[DEFAULT], which all inherit from", text: "[DEFAULT]\noutput = json\n[profile mine]\nregion = x\n" },
  { name: "sections of one profile in two spellings", text: '[profile a]\nregion = x\n[profile "a"]\noutput = json\n' },
  { name: "keys of somebody's account", text: "[default]\naws_access_key_id = AKIA\naws_secret_access_key = abc\n" },
  {
    name: "the block of another program",
    text: "# >>> aws-config by acme >>>\n[profile a]\nregion = x\n\n# <<< aws-config by acme <<<\n",
  },
  {
    name: "the marks of another tool",
    text: `${mine}# BEGIN_AWS_SSO_CLI\n[profile a:b]\nregion = x\n# END_AWS_SSO_CLI\n`,
  },
  { name: "a line of 100,000 characters", text: `${mine}# ${"x".repeat(100_000)}\n` },
  {
    name: "a thousand profiles",
    text: Array.from({ length: 1000 }, (_, at) => `[profile p${at}]\nregion = x\n\n`).join(""),
  },

  {
    name: "a section twice",
    text: `${mine}[x]\n${mine}`,
    refused: "line 4 of /aws/config begins the section [profile mine] for the second time",
  },
  {
    name: "a key twice",
    text: `${mine}Region = x\n`,
    refused: "line 3 of /aws/config has the key region for the second time",
  },
  {
    name: "a key before the first section",
    text: `region = x\n${mine}`,
    refused: "line 1 of /aws/config stands before the first section",
  },
  {
    name: "a line that is nothing",
    text: `${mine}nothing\n`,
    refused: "line 3 of /aws/config is neither a section nor a key nor a comment",
  },
  {
    name: "an open bracket",
    text: `[profile mine\n`,
    refused: "line 1 of /aws/config stands before the first section",
  },
  {
    name: "a nested block that is none",
    text: `[profile mine]\ns3 =\n  nothing\n`,
    refused: "line 2 of /aws/config begins a block with a line that has no = in it",
  },
  {
    name: "lone carriage returns",
    text: "[profile mine]\rregion = x\r",
    refused: "line 1 of /aws/config holds a carriage return that ends no line",
  },
  {
    name: "the begin of a block alone",
    text: `# >>> aws-config by tegata >>>\n${mine}`,
    refused: "line 1 of /aws/config begins a block that nothing ends",
  },
  {
    name: "the end of a block alone",
    text: `${mine}# <<< aws-config by tegata <<<\n`,
    refused: "line 3 of /aws/config ends a block that nothing begins",
  },
  {
    name: "two blocks",
    text: "# >>> aws-config by tegata >>>\n# <<< aws-config by tegata <<<\n".repeat(2),
    refused: "line 3 of /aws/config begins the block for the second time",
  },
  {
    name: "a block that begins twice",
    text: "# >>> aws-config by tegata >>>\n".repeat(2),
    refused: "line 2 of /aws/config begins the block for the second time",
  },
  {
    name: "a block around another one's mark",
    text: "# >>> aws-config by tegata >>>\n# >>> aws-config by acme >>>\n# <<< aws-config by tegata <<<\n",
    refused: "line 2 of /aws/config is the marker of another block, within this one",
  },
  {
    name: "a section of somebody's in the block",
    text: "# >>> aws-config by tegata >>>\n[sso-session corp]\nsso_region = x\n# <<< aws-config by tegata <<<\n",
    refused:
      "line 2 of /aws/config begins the section [sso-session corp], which stands in the block and is somebody else's",
  },
  {
    name: "a key in the block above its profiles",
    text: `${mine}# >>> aws-config by tegata >>>\noutput = json\n# <<< aws-config by tegata <<<\n`,
    refused: "line 4 of /aws/config stands in the block above its first profile",
  },
];
