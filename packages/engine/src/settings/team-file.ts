import { createHash } from "node:crypto";
import { posix, win32 } from "node:path";
import { shownPath, shownValue, TegataError } from "@tegata/core";
import * as v from "valibot";
import { layerWords } from "./layer.ts";
import { readSettingsText, type SettingsReader, type SettingsText } from "./settings-text.ts";
import { type TeamRecord, teamSchema } from "./team-record.ts";

/** Beside a person's own settings file: the copy of the team's. */
export function teamPathOf(ownPath: string, platform: string): string {
  return pathsOf(platform).join(folderOf(ownPath, platform), "team.toml");
}

/** The folder that a file is in. */
export function folderOf(path: string, platform: string): string {
  return pathsOf(platform).dirname(path);
}

function pathsOf(platform: string) {
  return platform === "win32" ? win32 : posix;
}

/** What a person's file remembers of the team's; `undefined` where it remembers none, or what is there is no good. */
export function teamRecordOf(document: unknown): TeamRecord | undefined {
  const result = v.safeParse(v.object({ team: teamSchema }), document);
  return result.success ? result.output.team : undefined;
}

/** As `[team].sha256` has it. */
export function sha256OfBytes(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * The copy of the team's file. What it says was looked at once, by a person or by the one who handed out its hash: any other text is
 * somebody else's.
 *
 * @throws TegataError `settings_not_found`, `settings_invalid` where its hash is another; as `readSettingsText` does
 */
export async function readTeamText(
  record: TeamRecord,
  path: string,
  ownPath: string,
  host: SettingsReader,
): Promise<SettingsText> {
  const read = await readSettingsText(path, host, { layer: "team" });
  const what = `${layerWords("team")} ${shownPath(path)}`;
  if (read === undefined) {
    throw new TegataError("settings_not_found", `${what} is not there; it came from ${shownValue(record.url, 500)}`);
  }
  const sha256 = sha256OfBytes(read.bytes);
  if (sha256 !== record.sha256) {
    throw new TegataError(
      "settings_invalid",
      `${what} has changed: its SHA-256 is ${sha256}, and ${shownPath(ownPath)} remembers ${record.sha256} (team.sha256)`,
      { details: { file: path, sha256 } },
    );
  }
  return read;
}
