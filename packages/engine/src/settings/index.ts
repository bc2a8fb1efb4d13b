/**
 * The door of the settings: what there is to set, for flags, help, completion and hints. It reads no file but the names of
 * profiles, and asks nobody.
 */

/** Every setting, by name and with its schema. */
export { type SchemaDescription, describeSchema } from "./describe-schema.ts";
export { type SettingDefinition, coreSettings, namesOf, settingDefinitions } from "./setting-definitions.ts";
export { withDefaults } from "./defaults.ts";

/** What was typed, or said by a variable, judged by a schema, with the reason where it is no good. */
export { type CommandLine, judge, readTyped, typedValue } from "./setting-sources.ts";
export {
  booleanOf,
  explainBoolean,
  explainChoice,
  holdsSecret,
  isSecretSetting,
  schemaInput,
  shownSetting,
} from "./setting-value.ts";
export { misspeltName, nearestName } from "./nearest-name.ts";

/** The settings file, and the profiles that it has. */
export { settingsFileAtFirstSight } from "./settings-file-at-first-sight.ts";
export type { SettingsFile } from "./settings-file.ts";
export { explainNoFile } from "./no-settings-file.ts";

/** A team's settings: the link to them, and what is new in whom they trust. */
export { readTeamLink } from "./team-link.ts";
export { newTrust } from "./team-trust.ts";

/** What stands in a settings file besides sections, and where the schema of all of it is published. */
export { fixedEntries } from "./fixed-settings.ts";
export { schemaLine, schemaUrl } from "./schema-line.ts";
export { teamEntries, versionSchema } from "./team-record.ts";

/** Words for hints: commands with their settings as flags, and lists of names. */
export { commandText, flagText } from "./command-text.ts";
export { listOf } from "./settings-file-check.ts";

/** What a new settings file says, as text. */
export { requiredSettings } from "./implied-idp.ts";
