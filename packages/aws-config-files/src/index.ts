export { type AwsFile, type AwsKey, type AwsProblem, type AwsSection, parseAwsFile } from "./parse-aws-file.ts";
export { type AwsFileKind, profileNamesOf, readProfiles, sectionsOfProfile } from "./profiles.ts";
export { credentialSourceIn } from "./credential-source.ts";
export { type EditableFile, removeKeys, setKeys } from "./edit-section.ts";
export {
  type BlockEntry,
  type BlockSource,
  blockText,
  entriesOfBlock,
  hasBlock,
  type PlacedProfile,
  profilesBeside,
  withBlock,
  withoutBlock,
} from "./block.ts";
export { type BlockKey, type BlockProfile, profileSpelling } from "./block-section.ts";
export { type ProcessLine, processLine } from "./process-line.ts";
export { withoutSecrets } from "./secret-values.ts";
