/**
 * The second door: plugins that are programs. Anyone who uses none loads none of it, so it is imported where one is looked for.
 */
export type { ConversationPorts } from "./conversation.ts";
export type { LocatedProgram } from "./program-location.ts";
export type { PluginPrograms } from "./programs.ts";
export { askForOutput, programFormat, secretsOf } from "./program-format.ts";
export { askForDescription, describeProgram, readDescription } from "./describe-program.ts";
export { createPluginPrograms } from "./programs.ts";
export { programIdp } from "./program-idp.ts";
export { refused, type TrustContext } from "./program-trust.ts";
export { type DescribedField, type DescribedFields, namesInTemplate, toObjectSchema } from "./described-fields.ts";
export {
  type Description,
  type FormatDescription,
  type IdpDescription,
  type ProgramRequest,
  encodeRequest,
  formatErrorCodes,
  idpErrorCodes,
  knownMembers,
  limits,
  protocolVersion,
} from "./protocol.ts";
export { type PluginProgram, signalPluginProgram, startPluginProgram } from "./program-process.ts";
