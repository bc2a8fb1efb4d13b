import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * Whether a browser that is started here would appear before the person: not over SSH, not in a container, not on CI,
 * and on Linux only with a display.
 */
export function hasDesktop(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): boolean {
  const isSet = (name: string) => (env[name] ?? "") !== "";
  if (isSet("CI") && !["0", "false"].includes(env["CI"] ?? "")) {
    return false;
  }
  if (["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].some(isSet)) {
    return false;
  }
  if (["CODESPACES", "REMOTE_CONTAINERS", "KUBERNETES_SERVICE_HOST", "container"].some(isSet)) {
    return false;
  }
  if (isSet("BROWSER")) {
    return true;
  }
  if (platform !== "linux") {
    return ["darwin", "win32"].includes(platform) || isSet("DISPLAY");
  }
  if (existsSync("/.dockerenv")) {
    return false;
  }
  return ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].some(isSet);
}

/**
 * Opens a URL, by `$BROWSER` (commands separated by `:`, the first that starts wins, `%s` stands for the URL) or by what
 * the desktop uses. The URL is an argument of its own: no shell reads it.
 *
 * @throws Error when nothing could be started
 */
export async function openInBrowser(url: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const commands = (env["BROWSER"] ?? "").split(":").filter((command) => command.trim() !== "");
  for (const command of commands) {
    const words = command.trim().split(/\s+/);
    const named = words.some((word) => word.includes("%s"));
    const [program, ...args] = named ? words.map((word) => word.replaceAll("%s", () => url)) : [...words, url];
    if (program !== undefined && (await starts(program, args))) {
      return;
    }
  }
  if (commands.length > 0) {
    throw new Error("no command in BROWSER could be started");
  }
  const { default: open } = await import("open");
  const child = await open(url);
  // A desktop opener that fails does so at once, after open() has returned.
  child.on("error", () => undefined);
}

function starts(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
