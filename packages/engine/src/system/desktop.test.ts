import { describe, expect, it } from "vitest";
import { flowsHere, hasDesktop } from "./desktop.ts";

type Environment = Readonly<Record<string, string>>;
type Place = readonly [what: string, env: Environment, platform: NodeJS.Platform, file: string | undefined];

const display = { DISPLAY: ":0" };
const wsl = { WSL_DISTRO_NAME: "Ubuntu", WSL_INTEROP: "/run/WSL/1_interop" };

describe("a browser appears before the person", () => {
  it.each<Place>([
    ["at a Mac", {}, "darwin", undefined],
    ["on Windows", {}, "win32", undefined],
    ["with an X display", display, "linux", undefined],
    ["with a Wayland display", { WAYLAND_DISPLAY: "wayland-0" }, "linux", undefined],
    ["in WSL, whose Windows opens pages", wsl, "linux", undefined],
    ["where BROWSER names one, though there is no display", { BROWSER: "firefox" }, "linux", undefined],
    ["in a container whose BROWSER names one", { BROWSER: "/bin/open-outside" }, "linux", "/.dockerenv"],
    ["on another system with a display", display, "freebsd", undefined],
    ["where CI says no", { ...display, CI: "false" }, "linux", undefined],
  ])("%s", (_what, env, platform, file) => {
    expect(hasDesktop(env, platform, (path) => path === file)).toBe(true);
    expect(flowsHere(env, platform, (path) => path === file)).toEqual(["browser", "device"]);
  });
});

describe("no browser appears before the person", () => {
  it.each<Place>([
    ["without a display", {}, "linux", undefined],
    ["where BROWSER is separators alone", { BROWSER: ":" }, "linux", undefined],
    ["in WSL without interop", { WSL_DISTRO_NAME: "Ubuntu" }, "linux", undefined],
    ["with an interop of no WSL", { WSL_INTEROP: "/run/WSL/1_interop" }, "linux", undefined],
    ["over SSH, by its connection", { ...display, SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22" }, "linux", undefined],
    ["over SSH, by its terminal", { SSH_TTY: "/dev/pts/1" }, "darwin", undefined],
    ["over SSH to Windows", { SSH_CLIENT: "192.0.2.1 1 22" }, "win32", undefined],
    ["over SSH, no matter what BROWSER names", { BROWSER: "firefox", SSH_TTY: "/dev/pts/1" }, "linux", undefined],
    ["in Docker", display, "linux", "/.dockerenv"],
    ["in Podman, by its file", display, "linux", "/run/.containerenv"],
    ["in Podman, by its variable", { ...display, container: "podman" }, "linux", undefined],
    ["in a pod of Kubernetes", { ...display, KUBERNETES_SERVICE_HOST: "10.0.0.1" }, "linux", undefined],
    ["in a development container", { ...display, REMOTE_CONTAINERS: "true" }, "linux", undefined],
    ["in a Codespace", { ...display, CODESPACES: "true" }, "linux", undefined],
    ["in Gitpod", { ...display, GITPOD_WORKSPACE_ID: "acme" }, "linux", undefined],
    ["on another system without a display", {}, "freebsd", undefined],
  ])("%s", (_what, env, platform, file) => {
    expect(hasDesktop(env, platform, (path) => path === file)).toBe(false);
    expect(flowsHere(env, platform, (path) => path === file)).toEqual(["device", "browser"]);
  });
});

it.each(["true", "1", "anything"])("nobody is asked on CI (CI=%s), no matter what display there is", (CI) => {
  const env = { ...display, BROWSER: "firefox", CI };
  expect(hasDesktop(env, "linux", () => false)).toBe(false);
  expect(flowsHere(env, "linux", () => false)).toEqual([]);
});
