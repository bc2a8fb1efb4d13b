/**
 * Writes `apps/cli/tegata.schema.json`, the JSON Schema of `tegata.toml`, out of the schemas that the program reads settings with.
 * Editors find it by the first line of a settings file. Run by hand: `npm run settings-schema`; a test says when.
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { settingsSchema } from "./schema-of-settings.ts";

const path = fileURLToPath(new URL("../apps/cli/tegata.schema.json", import.meta.url));
await writeFile(path, `${JSON.stringify(settingsSchema(), undefined, 2)}\n`);
