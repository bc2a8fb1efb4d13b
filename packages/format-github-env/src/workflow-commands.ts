/**
 * What the runner of GitHub Actions reads: commands on stdout, and entries of the files that it names in variables.
 *
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */

/** A line on stdout, with its line end. No matter what the values hold, it stays one line and one command. */
export function workflowCommand(
  name: "add-mask" | "debug" | "warning" | "error",
  data: string,
  properties: Readonly<Record<string, string>> = {},
): string {
  const written = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${[name, ...(written.length === 0 ? [] : [written.join(",")])].join(" ")}::${escapeData(data)}\n`;
}

/**
 * Entries for `$GITHUB_ENV`, `$GITHUB_OUTPUT` and `$GITHUB_STATE`. Begins with an empty line, which the runner skips:
 * another program may have left the last one unfinished.
 */
export function fileEntries(values: Readonly<Record<string, string>>): string {
  const entries = Object.entries(values).map(([name, value]) => {
    // Nobody can guess it, so no value can end before its end.
    const delimiter = `tegata_${crypto.randomUUID()}`;
    return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
  });
  return `\n${entries.join("")}`;
}

/** As `escapeData` of @actions/core. */
function escapeData(value: string): string {
  return value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(value: string): string {
  return escapeData(value).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
