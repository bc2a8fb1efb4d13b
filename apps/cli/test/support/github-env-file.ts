/**
 * What the runner of GitHub Actions reads out of the file `$GITHUB_ENV`, by the rules of its `EnvFileKeyValuePairs`: empty
 * lines are skipped, the first of `=` and `<<` decides.
 *
 * @throws Error where the runner fails the step
 * @see https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs
 */
export function readGithubEnvFile(text: string): Readonly<Record<string, string>> {
  const lines = text.split("\n");
  const isFinished = lines.at(-1) === "";
  const variables: Record<string, string> = {};
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (line === "") {
      continue;
    }
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      variables[line.slice(0, equals)] = line.slice(equals + 1);
      continue;
    }
    const delimiter = line.slice(heredoc + 2);
    if (heredoc <= 0 || delimiter === "") {
      throw new Error(`Invalid format '${line}'`);
    }
    const end = lines.indexOf(delimiter, index + 1);
    if (end < 0 || (end === lines.length - 1 && isFinished)) {
      throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
    }
    variables[line.slice(0, heredoc)] = lines.slice(index + 1, end).join("\n");
    index = end;
  }
  return variables;
}
