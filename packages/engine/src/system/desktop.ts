import { existsSync } from "node:fs";
import type { PersonFlow } from "@tegata/core";

type Environment = Readonly<Record<string, string | undefined>>;

/** True where `BROWSER` names a command, and not only separators. */
export function namesBrowser(value: string | undefined): value is string {
  return /[^\s:;]/.test(value ?? "");
}

/** True where the variable `CI` says so. */
export function isCi(env: Environment): boolean {
  return !["", "0", "false"].includes(env["CI"] ?? "");
}

/**
 * How a person would sign in here, the best first: in a browser, where one appears before them. On CI nobody waits for a person,
 * so there is none.
 */
export function flowsHere(
  env: Environment,
  platform: NodeJS.Platform,
  isThere: (path: string) => boolean = existsSync,
): readonly PersonFlow[] {
  if (isCi(env)) {
    return [];
  }
  return hasDesktop(env, platform, isThere) ? ["browser", "device"] : ["device", "browser"];
}

/**
 * Whether a browser that is started here would appear before the person: not over SSH, not in a container, not on CI,
 * and on Linux only with a display.
 *
 * @param isThere whether a file is there: each kind of container has its own
 */
export function hasDesktop(
  env: Environment,
  platform: NodeJS.Platform,
  isThere: (path: string) => boolean = existsSync,
): boolean {
  const isSet = (name: string) => (env[name] ?? "") !== "";
  if (isCi(env)) {
    return false;
  }
  if (["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].some(isSet)) {
    return false;
  }
  if (["CODESPACES", "REMOTE_CONTAINERS", "GITPOD_WORKSPACE_ID", "KUBERNETES_SERVICE_HOST", "container"].some(isSet)) {
    return false;
  }
  if (namesBrowser(env["BROWSER"])) {
    return true;
  }
  if (platform !== "linux") {
    return ["darwin", "win32"].includes(platform) || isSet("DISPLAY");
  }
  if (isThere("/.dockerenv") || isThere("/run/.containerenv")) {
    return false;
  }
  // Windows opens pages for its Linux, unless that has been switched off.
  const isWsl = isSet("WSL_DISTRO_NAME") && isSet("WSL_INTEROP");
  return isWsl || ["DISPLAY", "WAYLAND_DISPLAY"].some(isSet);
}
