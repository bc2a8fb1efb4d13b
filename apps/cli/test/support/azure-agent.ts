import { assignments } from "./assignments.ts";

interface PipelineVariable {
  readonly value: string;
  readonly isSecret: boolean;
}

/**
 * What the agent of Azure Pipelines reads out of a step's log: the first `##vso[` of a line, properties up to the next
 * `]`, the rest as data, escapes undone as the agent does.
 *
 * @see https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Microsoft.VisualStudio.Services.Agent/Command.cs
 */
export function readLoggingCommands(log: string): Readonly<Record<string, PipelineVariable>> {
  const variables: Record<string, PipelineVariable> = {};
  for (const line of log.split("\n")) {
    const [, event, properties = "", data = ""] = /##vso\[(\S+)\s*([^\]]*)\](.*)$/.exec(line) ?? [];
    if (event !== "task.setvariable") {
      continue;
    }
    const { variable = "", issecret } = assignments(properties.split(";"));
    variables[unescape(variable)] = { value: unescape(data), isSecret: issecret === "true" };
  }
  return variables;
}

function unescape(text: string): string {
  const escapes: readonly (readonly [string, string])[] = [
    ["%3B", ";"],
    ["%0D", "\r"],
    ["%0A", "\n"],
    ["%5D", "]"],
    ["%AZP25", "%"],
  ];
  return escapes.reduce((rest, [escaped, character]) => rest.replaceAll(escaped, character), text);
}
