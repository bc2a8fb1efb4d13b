import { quotedWord, statementDialect } from "./shell-dialect.ts";

/**
 * PowerShell, on Windows and elsewhere. The answer is ASCII: PowerShell reads what a program writes in the console's
 * encoding, takes four curly quotes for single quotes, and may change line breaks. Everything else is a number.
 *
 * @see https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
 */
export const powershell = statementDialect({
  set: (name, value) => `$Env:${name} = ${literal(value)};`,
  unset: (name) => `$Env:${name} = $null;`,
  // One line: `Invoke-Expression (tegata env dev)` takes no list.
  separator: " ",
  // No PowerShell. Of what fails while it runs neither `$?` nor `&&` hears behind Invoke-Expression; a text that cannot be
  // read is an error of Invoke-Expression itself, and its message shows this one.
  failure: "'' 'tegata failed, so nothing was set'",
  // A curly quote is a quote as well, and ends a text that begins with a plain one.
  word: quotedWord((text) => `'${text.replace(/['\u2018-\u201b]/g, "$&$&")}'`),
});

/** `'it''s ' + [char]0xE9 + ' …'`; UTF-16 units, as .NET has them. */
function literal(value: string): string {
  const quoted = value
    .replaceAll("'", "''")
    .replace(/[^\u0020-\u007e]/g, (unit) => `' + [char]0x${unit.charCodeAt(0).toString(16)} + '`);
  return `'${quoted}'`;
}
