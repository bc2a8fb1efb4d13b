export { type AwsFile, type AwsKey, type AwsProblem, type AwsSection, parseAwsFile } from "./parse-aws-file.ts";
export { type AwsFileKind, profileNamesOf, readProfiles, sectionsOfProfile } from "./profiles.ts";
export { credentialSourceIn } from "./credential-source.ts";
export { type EditableFile, removeKeys, setKeys } from "./edit-section.ts";
