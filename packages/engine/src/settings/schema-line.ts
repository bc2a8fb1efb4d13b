/** Where the JSON Schema of a settings file is published: it is part of the package of the command line. */
export const schemaUrl = "https://unpkg.com/@tegata/cli/tegata.schema.json";

/** The first line of a settings file, by which editors with Taplo find the schema of its keys. */
export const schemaLine: string = `#:schema ${schemaUrl}`;
