import { printable, thisProgram, words } from "@tegata/core";
import * as v from "valibot";
import { converse, type ConversationPorts, parseEvent } from "./conversation.ts";
import { invalid } from "./program-process.ts";
import { certainFields, namesInTemplate } from "./described-fields.ts";
import type { LocatedProgram } from "./program-location.ts";
import { type Description, descriptionSchema, type IdpDescription, limits, protocolVersion } from "./protocol.ts";

const versions = v.looseObject({
  event: v.literal("description"),
  protocols: v.pipe(v.array(v.number()), v.nonEmpty()),
});

/**
 * Asks a program what it is.
 *
 * @returns Its response as it came, to be stored, and as it is meant.
 * @throws TegataError `process_failed`, `plugin_invalid`
 */
export async function describeProgram(
  program: LocatedProgram,
  tegataVersion: string,
  ports: ConversationPorts,
): Promise<{ readonly raw: unknown; readonly description: Description }> {
  const raw = await askForDescription(program, { host: `tegata/${tegataVersion}` }, ports);
  return { raw, description: readDescription(raw, program) };
}

/** What a program answers when it is asked what it is. */
export async function askForDescription(
  program: LocatedProgram,
  members: Readonly<Record<string, unknown>>,
  ports: ConversationPorts,
): Promise<unknown> {
  let raw: unknown;
  await converse(
    program,
    {
      request: { request: "describe", ...members },
      timeoutMilliseconds: limits.describeMilliseconds,
      maxBytes: limits.describeBytes,
      secrets: [],
      errorCodes: [],
      onEvent: (event) => {
        raw = event;
        return "last";
      },
    },
    ports,
  );
  return raw;
}

/**
 * Judges what a program says of itself.
 *
 * @throws TegataError `plugin_invalid`
 */
export function readDescription(raw: unknown, program: LocatedProgram): Description {
  const { name, kind, id } = program;
  const spoken = v.safeParse(versions, raw);
  if (spoken.success && !spoken.output.protocols.includes(protocolVersion)) {
    const named = spoken.output.protocols.slice(0, 8).join(", ");
    throw invalid(
      program,
      words`${name} speaks version ${named} of the plugin protocol, and this ${thisProgram} version ${protocolVersion}`,
    );
  }
  const description = parseEvent(descriptionSchema, raw, program);
  if (description.kind !== kind || description.id !== id) {
    throw invalid(
      program,
      `${name} says that it is ${description.kind} "${id === description.id ? id : "of another name"}"`,
    );
  }
  if (description.kind === "idp") {
    const certain = certainFields(description.settings);
    const templates = [description.issuer, description.audience, ...description.verificationHosts];
    const unknown = templates.flatMap(namesInTemplate).find((each) => !certain.includes(each));
    if (unknown !== undefined) {
      throw invalid(
        program,
        `${name} makes its issuer, audience or hosts of "{${unknown.slice(0, 40)}}", which is no setting that always has a value`,
      );
    }
    refuseUnknownNames(description, program);
  }
  return description;
}

function refuseUnknownNames(
  { settings: { properties = {} }, browserSettings, requiredClaims, flows }: IdpDescription,
  program: LocatedProgram,
): void {
  const unknown = browserSettings.find((each) => !Object.hasOwn(properties, each));
  if (unknown !== undefined) {
    throw invalid(
      program,
      `${program.name} names a setting in browserSettings that it does not have: ${printable(unknown)}`,
    );
  }
  if (browserSettings.length > 0 && !flows.includes("browser")) {
    throw invalid(program, `${program.name} has browserSettings, and no flow browser`);
  }
  const wrong = requiredClaims.find(
    ({ setting }) => !Object.hasOwn(properties, setting) || properties[setting]?.type !== "string",
  );
  if (wrong !== undefined) {
    throw invalid(
      program,
      `${program.name} requires the claim ${printable(wrong.claim)} to be what a setting says that is no text: ${printable(wrong.setting)}`,
    );
  }
}
