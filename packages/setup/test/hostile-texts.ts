/** Texts that would end a quote, begin a template or be something else than a text, in one of the languages or another. */
const traps: readonly string[] = [
  "${var.x}",
  "$${x}",
  "%{ if true }x%{ endif }",
  "%%{x}",
  "$(id)",
  "`id`",
  '"',
  "'",
  "\\",
  '\\"',
  "\\\\",
  "${",
  "%{",
  "{{x}}",
  "${!x}",
  "${AWS::AccountId}",
  "!Ref x",
  "*x",
  "&x",
  "- x",
  "yes",
  "null",
  "1e3",
  "0x1F",
  "# x",
  "x # y",
  "a: b",
  "JSON",
  "POLICY",
  "EOF",
  "*/ // x",
  "</script>",
  "é\u00FF",
  "$'x'",
  "~",
  "-x",
  "--x",
  "file:///etc/passwd",
  "https://example.com/x",
  "<<EOT",
  "a=b",
  "%PATH%",
];

const alphabet = [...Array.from("abcXYZ019 _-=+,.@/:;!?*~^|&<>()[]{}$%#'\"`\\é"), "${", "%{", "$(", "${*}", "}}"];

/** The traps, and texts made of their parts: the same in every run. */
export function hostileTexts(count = 200): readonly string[] {
  let state = 0x2545f491;
  const random = (limit: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  const made = Array.from({ length: count }, () =>
    Array.from({ length: 1 + random(24) }, () => alphabet[random(alphabet.length)] ?? "").join(""),
  );
  return [...traps, ...made].filter((text) => text.trim() === text && text !== "");
}
