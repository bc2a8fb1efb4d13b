import { type AwsCredentials, type FormatOutput, defineFormat, type Format, TegataError } from "@tegata/core";
import { converse, type ConversationPorts, parseEvent } from "./conversation.ts";
import { invalid } from "./program-process.ts";
import { toObjectSchema } from "./described-fields.ts";
import type { LocatedProgram } from "./program-location.ts";
import {
  outputEventSchema,
  formatErrorCodes,
  type FormatDescription,
  limits,
  type ProgramRequest,
} from "./protocol.ts";

interface ProgramFormatPorts extends ConversationPorts {
  /** Bytes that are no text are not for a terminal. */
  readonly stdoutIsTerminal: boolean;
}

/** A program that prints credentials, as a format like any other. It is asked each time: nothing is cached. */
export function programFormat(
  program: LocatedProgram,
  description: FormatDescription,
  ports: ProgramFormatPorts,
): Format {
  const { id, summary, asksPerson, unsets } = description;
  const ask = (request: ProgramRequest, secrets: readonly string[]) => askForOutput(program, request, secrets, ports);
  return defineFormat({
    id,
    summary,
    options: toObjectSchema(description.options),
    asksPerson,
    render: (credentials, options, { region, profile }) =>
      ask({ request: "render", options, credentials, region, profile }, secretsOf(credentials)),
    ...(unsets ? { renderUnset: (options, { profile }) => ask({ request: "unset", options, profile }, []) } : {}),
  });
}

/** What of credentials no message and no log may repeat. */
export function secretsOf({ secretAccessKey, sessionToken }: AwsCredentials): readonly string[] {
  return [secretAccessKey, sessionToken];
}

/**
 * Asks a program for what it prints.
 *
 * @throws TegataError `process_failed`, `plugin_invalid`, `output_failed`, and what its `error` event names
 */
export async function askForOutput(
  program: LocatedProgram,
  request: ProgramRequest,
  secrets: readonly string[],
  ports: ProgramFormatPorts,
): Promise<FormatOutput> {
  let output: FormatOutput = "";
  await converse(
    program,
    {
      request,
      timeoutMilliseconds: limits.renderMilliseconds,
      maxBytes: limits.renderBytes,
      secrets,
      errorCodes: formatErrorCodes,
      onEvent: (event) => {
        output = outputOf(event, program, ports);
        return "last";
      },
    },
    ports,
  );
  return output;
}

function outputOf(event: unknown, program: LocatedProgram, { stdoutIsTerminal }: ProgramFormatPorts): FormatOutput {
  const { text, base64 = "", mediaType = "application/octet-stream" } = parseEvent(outputEventSchema, event, program);
  const bytes = text === undefined ? Buffer.from(base64, "base64") : Buffer.from(text, "utf8");
  if (bytes.length > limits.outputBytes) {
    throw invalid(program, `${program.name} gave output of more than ${limits.outputBytes} bytes`);
  }
  if (text !== undefined) {
    return text;
  }
  if (stdoutIsTerminal) {
    throw new TegataError("output_failed", `the output of ${program.name} is not text (${mediaType})`, {
      hint: "write it to a file or to another program, not to the terminal",
    });
  }
  return { stdout: "", bytes };
}
