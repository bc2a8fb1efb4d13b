import { describe, expect, it } from "vitest";
import { flowsHere, hasDesktop } from "./desktop.ts";

type Place = readonly [what: string, env: Readonly<Record<string, string>>, platform: NodeJS.Platform, file?: string];

const display = { DISPLAY: ":0" };
const wsl = { WSL_DISTRO_NAME: "Ubuntu", WSL_INTEROP: "/run/WSL/1_interop" };

/** Whether a browser would appear there: of all files, at most one is there. */
const isDesktop = ([, env, platform, file]: Place) => hasDesktop(env, platform, (path) => path === file);

describe("a browser appears before the person", () => {
  it.each<Place>([
    ["at a Mac", {}, "darwin"],
    ["on Windows", {}, "win32"],
    ["with an X display", display, "linux"],
    ["with a Wayland display", { WAYLAND_DISPLAY: "wayland-0" }, "linux"],
    ["in WSL, whose Windows opens pages", wsl, "linux"],
    ["where BROWSER names one, though there is no display", { BROWSER: "firefox" }, "linux"],
    ["in a container whose BROWSER names one", { BROWSER: "/bin/open-outside" }, "linux", "/.dockerenv"],
    ["on another system with a display", display, "freebsd"],
    ["where CI says no", { ...display, CI: "false" }, "linux"],
  ])("%s", (...place) => {
    expect(isDesktop(place)).toBe(true);
    expect(flowsHere(place[1], place[2], (path) => path === place[3])).toEqual(["browser", "device"]);
  });
});

describe("no browser appears before the person", () => {
  it.each<Place>([
    ["without a display", {}, "linux"],
    ["where BROWSER is separators alone", { BROWSER: ":" }, "linux"],
    ["in WSL without interop", { WSL_DISTRO_NAME: "Ubuntu" }, "linux"],
    ["with an interop of no WSL", { WSL_INTEROP: "/run/WSL/1_interop" }, "linux"],
    ["over SSH, by its connection", { ...display, SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22" }, "linux"],
    ["over SSH, by its terminal", { SSH_TTY: "/dev/pts/1" }, "darwin"],
    ["over SSH to Windows", { SSH_CLIENT: "192.0.2.1 1 22" }, "win32"],
    ["over SSH, no matter what BROWSER names", { BROWSER: "firefox", SSH_TTY: "/dev/pts/1" }, "linux"],
    ["in Docker", display, "linux", "/.dockerenv"],
    ["in Podman, by its file", display, "linux", "/run/.containerenv"],
    ["in Podman, by its variable", { ...display, container: "podman" }, "linux"],
    ["in a pod of Kubernetes", { ...display, KUBERNETES_SERVICE_HOST: "10.0.0.1" }, "linux"],
    ["in a development container", { ...display, REMOTE_CONTAINERS: "true" }, "linux"],
    ["in a Codespace", { ...display, CODESPACES: "true" }, "linux"],
    ["in Gitpod", { ...display, GITPOD_WORKSPACE_ID: "acme" }, "linux"],
    ["on another system without a display", {}, "freebsd"],
  ])("%s", (...place) => {
    expect(isDesktop(place)).toBe(false);
    expect(flowsHere(place[1], place[2], (path) => path === place[3])).toEqual(["device", "browser"]);
  });
});

it.each(["true", "1", "anything"])("nobody is asked on CI (CI=%s), no matter what display there is", (CI) => {
  const env = { ...display, BROWSER: "firefox", CI };
  expect(hasDesktop(env, "linux", () => false)).toBe(false);
  expect(flowsHere(env, "linux", () => false)).toEqual([]);
});
