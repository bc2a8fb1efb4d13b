import { toSafeJson } from "@tegata/core";
import { jsonFlag, type Command } from "../command.ts";

/** Which identity providers and formats this program knows. */
export const pluginsCommand: Command = {
  name: "plugins",
  summary: "the identity providers and formats that are known",
  argument: "none",
  flags: { json: jsonFlag },
  async run({ plugins, outside, flags, version }) {
    const list = [
      ...plugins.idps.map(({ id, summary }) => ({ kind: "idp", id, summary, origin: "built in", version })),
      ...plugins.formats.map(({ id, summary }) => ({ kind: "format", id, summary, origin: "built in", version })),
    ];
    if (flags["json"] === true) {
      await outside.writeStdout(`${toSafeJson(list)}\n`);
      return;
    }
    const width = Math.max(...list.map(({ id }) => id.length));
    const lines = list.map(
      ({ kind, id, summary, origin }) => `${kind.padEnd(6)}  ${id.padEnd(width)}  ${origin} ${version}  ${summary}\n`,
    );
    await outside.writeStdout(lines.join(""));
  },
};
