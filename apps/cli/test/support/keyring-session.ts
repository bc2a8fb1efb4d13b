import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "./run.ts";

/** A desktop session of its own: a D-Bus that only this test knows, and a real gnome-keyring on it. */
export interface KeyringSession {
  /** What a program of that session finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Logs out and in again; without the password the keyring stays locked. */
  again(options: { readonly unlocked: boolean }): Promise<void>;
  close(): Promise<void>;
}

export async function startKeyringSession(): Promise<KeyringSession> {
  const home = await mkdtemp(join(tmpdir(), "tegata-keyring-"));
  const runtime = join(home, "run");
  await mkdir(runtime, { mode: 0o700 });
  const logIn = async (unlocked: boolean) => {
    const daemon = "gnome-keyring-daemon --components=secrets";
    const unlock = unlocked ? `printf password | ${daemon} --unlock` : `${daemon} --start`;
    // Not every daemon ends with its bus: the bus tells which process it is.
    const owner = "org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets";
    const ask = `dbus-send --print-reply=literal --dest=org.freedesktop.DBus /org/freedesktop/DBus ${owner}`;
    const script = `${unlock} >/dev/null; set -- $(${ask}); echo "$DBUS_SESSION_BUS_ADDRESS"; cat; kill "$2"`;
    const session = start(["dbus-run-session", "--", "sh", "-c", script], {
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: home, XDG_RUNTIME_DIR: runtime },
      cwd: home,
      keepStdinOpen: true,
      limitSeconds: 120,
    });
    const [address = ""] = await session.stdoutMatching(/^unix:.*(?=\n)/m);
    return { session, address };
  };
  const logOut = async ({ session }: Awaited<ReturnType<typeof logIn>>) => {
    session.child.stdin.end();
    await session.ended;
  };
  let current = await logIn(true);
  return {
    get env() {
      return { DBUS_SESSION_BUS_ADDRESS: current.address };
    },
    again: async ({ unlocked }) => {
      await logOut(current);
      current = await logIn(unlocked);
    },
    close: async () => {
      await logOut(current);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A D-Bus that takes every connection and never says a word. */
interface SilentBus {
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when nobody waits for an answer any more: with their process, connections end. */
  everybodyGone(): Promise<void>;
  close(): void;
}

export async function startSilentBus(folder: string): Promise<SilentBus> {
  const path = join(folder, "silent-bus");
  const open = new Set<Promise<void>>();
  const server = createServer((socket) => {
    socket.resume().on("error", () => undefined);
    open.add(
      new Promise((resolve) => {
        socket.once("close", () => resolve());
      }),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  return {
    env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` },
    everybodyGone: async () => {
      if (open.size === 0) {
        throw new Error("nobody came");
      }
      await Promise.all(open);
    },
    close: () => server.close(),
  };
}
