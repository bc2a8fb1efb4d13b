import { type AwsCredentials, type Answer, defineFormat, type Format, TegataError } from "@tegata/core";
import { converse, type ConversationPorts, parseEvent } from "./conversation.ts";
import { invalid } from "./program-process.ts";
import { toObjectSchema } from "./described-fields.ts";
import type { LocatedProgram } from "./program-location.ts";
import {
  answerEventSchema,
  formatErrorCodes,
  type FormatDescription,
  limits,
  type ProgramRequest,
} from "./protocol.ts";

interface ProgramFormatPorts extends ConversationPorts {
  /** Bytes that are no text are not for a terminal. */
  readonly stdoutIsTerminal: boolean;
}

/** A program that prints credentials, as a format like any other. Each answer is asked for anew: none is kept. */
export function programFormat(
  program: LocatedProgram,
  description: FormatDescription,
  ports: ProgramFormatPorts,
): Format {
  const { id, summary, asksPerson, unsets } = description;
  const ask = (request: ProgramRequest, secrets: readonly string[]) => askForAnswer(program, request, secrets, ports);
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
 * @throws TegataError `program_failed`, `plugin_invalid`, `output_failed`, and what its `error` event names
 */
export async function askForAnswer(
  program: LocatedProgram,
  request: ProgramRequest,
  secrets: readonly string[],
  ports: ProgramFormatPorts,
): Promise<Answer> {
  let answer: Answer = "";
  await converse(
    program,
    {
      request,
      timeoutMilliseconds: limits.renderMilliseconds,
      maxBytes: limits.renderBytes,
      secrets,
      errorCodes: formatErrorCodes,
      onEvent: (event) => {
        answer = answerOf(event, program, ports);
        return "last";
      },
    },
    ports,
  );
  return answer;
}

function answerOf(event: unknown, program: LocatedProgram, { stdoutIsTerminal }: ProgramFormatPorts): Answer {
  const { text, base64 = "", mediaType = "application/octet-stream" } = parseEvent(answerEventSchema, event, program);
  const bytes = text === undefined ? Buffer.from(base64, "base64") : Buffer.from(text, "utf8");
  if (bytes.length > limits.answerBytes) {
    throw invalid(program, `${program.name} gave an answer of more than ${limits.answerBytes} bytes`);
  }
  if (text !== undefined) {
    return text;
  }
  if (stdoutIsTerminal) {
    throw new TegataError("output_failed", `the answer of ${program.name} is not text (${mediaType})`, {
      hint: "write it to a file or to another program, not to the terminal",
    });
  }
  return { stdout: "", bytes };
}
