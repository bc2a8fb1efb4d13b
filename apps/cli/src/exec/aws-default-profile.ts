import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TegataError } from "@tegata/core";
import type { Outside } from "../outside.ts";
import { shellPath, shownPath } from "../storage/ownership.ts";

/** Each of them makes a profile a source of credentials. */
const sources: ReadonlySet<string> = new Set([
  "aws_access_key_id",
  "credential_process",
  "role_arn",
  "sso_session",
  "sso_start_url",
  "web_identity_token_file",
  "login_session",
]);

/**
 * AWS clients look for credentials in the default profile of their files before they ask an endpoint. Whoever has keys
 * there would not notice that the command runs as somebody else.
 *
 * @throws TegataError `settings_invalid` when the default profile has credentials
 */
export function refuseDefaultProfile({ env, home, platform }: Pick<Outside, "env" | "home" | "platform">): void {
  const files = [
    { variable: "AWS_SHARED_CREDENTIALS_FILE", name: "credentials", sections: ["default"] },
    { variable: "AWS_CONFIG_FILE", name: "config", sections: ["default", "profile default"] },
  ];
  for (const { variable, name, sections } of files) {
    const path = pathOf(env[variable] || join("~", ".aws", name), home);
    const key = sections.map((section) => sourceIn(textOf(path), section)).find((found) => found !== undefined);
    if (path !== undefined && key !== undefined) {
      const nowhere = platform === "win32" ? "NUL" : "/dev/null";
      throw new TegataError(
        "settings_invalid",
        `the default profile in ${shownPath(path)} has ${key}, which AWS clients prefer to the endpoint of --refresh`,
        { hint: `give that profile a name, or hide ${shellPath(path)} from the command with ${variable}=${nowhere}` },
      );
    }
  }
}

function pathOf(path: string, home: string | undefined): string | undefined {
  return !/^~[/\\]/.test(path) ? path : home === undefined ? undefined : join(home, path.slice(2));
}

function textOf(path: string | undefined): string {
  try {
    return path === undefined ? "" : readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The first key of a section that gives credentials. Indented lines belong to the key above them. */
function sourceIn(text: string, section: string): string | undefined {
  let current = "";
  for (const line of text.split(/\r?\n/)) {
    const [, header] = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line) ?? [];
    current = header?.replace(/\s+/g, " ") ?? current;
    const [, key = ""] = /^([\w]+)\s*[=:]/.exec(line) ?? [];
    if (current === section && sources.has(key.toLowerCase())) {
      return key.toLowerCase();
    }
  }
  return undefined;
}
