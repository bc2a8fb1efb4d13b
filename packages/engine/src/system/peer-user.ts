import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { endianness, release } from "node:os";
import type { Peer } from "@tegata/core";
import type { Host } from "../files/file-access.ts";

/** A socket that is closed has none of its ends any more. */
export type PeerOf = (socket: Partial<Pick<Socket, SocketEnds>>) => Promise<Peer>;

type SocketEnds = "localAddress" | "localPort" | "remoteAddress" | "remotePort";

const unknown: Peer = { kind: "unknown" };
const gone: Peer = { kind: "gone" };
/** What user namespaces show in place of every user that has no number in them. */
const overflowUid = 65_534;
/** The table is no snapshot: a line can be left out while others come and go. */
const looks = 3;

/**
 * Finds out which user a connection over loopback comes from, by the tables of Linux. Only Linux has them. There,
 * `unknown` means that the tables cannot be read, that they do not know this server, that this process has a user id
 * that stands for many, or that Windows Subsystem for Linux hands on what Windows sent, as root.
 *
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function createPeerOf(
  { platform, uid }: Host,
  readTable: (path: string) => string = (path) => readFileSync(path, "latin1"),
  kernel: string = release(),
): PeerOf {
  if (platform !== "linux" || uid === undefined || uid === overflowUid) {
    return () => Promise.resolve(unknown);
  }
  const isRelayed = /microsoft/i.test(kernel);
  const tcp = sharedTable(() => quietly(readTable, "/proc/net/tcp"));
  const tcp6 = sharedTable(() => quietly(readTable, "/proc/net/tcp6"));
  return async ({ localAddress, localPort, remoteAddress, remotePort }) => {
    const here = endOf(localAddress, localPort);
    const there = endOf(remoteAddress, remotePort);
    if (here === undefined || there === undefined) {
      // A connection that is closed has no ends any more.
      return gone;
    }
    let isTold = false;
    for (let look = 0; look < looks; look += 1) {
      const table = await (remoteAddress === "::1" ? tcp6 : tcp)();
      // A table that does not know this server, or calls its owner by another number, says nothing of the other end either. The
      // server's own line stays when somebody hangs up, which takes the lines of a connection away.
      isTold ||= userOf(here, listeningFor(here), table) === uid;
      const peer = isTold ? (userOf(there, here, table) ?? userOf(there, here, await tcp6())) : undefined;
      if (peer !== undefined) {
        return isRelayed && peer === 0 ? unknown : peer === uid ? { kind: "own" } : { kind: "other", uid: peer };
      }
    }
    return isTold ? gone : unknown;
  };
}

/**
 * The owner of a socket. One that no process holds any more has none: its line would read as root's. Searched as text, not
 * taken apart: a busy machine has thousands of lines.
 */
function userOf(local: string, remote: string, table: string): number | undefined {
  // An IPv6 socket that uses IPv4 has ::ffff: before both addresses.
  for (const text of [` ${local} ${remote} `, ` ${mapped}${local} ${mapped}${remote} `]) {
    const at = table.indexOf(text);
    const rest = at < 0 ? "" : table.slice(at + text.length, at + text.length + 120);
    const [, , , , user = "", , inode = "0"] = rest.split(/\s+/).slice(0, 7);
    if (/^\d+$/.test(user) && inode !== "0") {
      return Number(user);
    }
  }
  return undefined;
}

/** The other end of a socket that waits for connections: as long as an address of its kind. */
const listeningFor = (here: string) => `${"0".repeat(here.indexOf(":"))}:0000`;
const mapped = endianness() === "LE" ? "0000000000000000FFFF0000" : "00000000000000000000FFFF";

/**
 * One look for all who ask at about the same time: the system walks through the whole of its table, which can take 20 ms.
 * Between two looks there is as much time as a look takes.
 */
function sharedTable(read: () => string): () => Promise<string> {
  let next: Promise<string> | undefined;
  let notBefore = 0;
  return () =>
    (next ??= new Promise((resolve) => {
      setTimeout(
        () => {
          next = undefined;
          const start = performance.now();
          const text = read();
          notBefore = 2 * performance.now() - start;
          resolve(text);
        },
        Math.max(0, notBefore - performance.now()),
      );
    }));
}

function quietly(readTable: (path: string) => string, path: string): string {
  try {
    return readTable(path);
  } catch {
    return "";
  }
}

const hex = (value: number, width: number) => value.toString(16).toUpperCase().padStart(width, "0");

const loopback6 = `${"0".repeat(24)}${endianness() === "LE" ? "01000000" : "00000001"}`;

/** An end as the tables have it: each four bytes of the address as one number of this machine, the port, in hexadecimal. */
function endOf(address: string | undefined, port: number | undefined): string | undefined {
  if (address === "::1" && port !== undefined) {
    return `${loopback6}:${hex(port, 4)}`;
  }
  const [, digits] = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address ?? "") ?? [];
  if (digits === undefined || port === undefined) {
    return undefined;
  }
  const bytes = digits.split(".").map(Number);
  const ordered = endianness() === "LE" ? bytes.toReversed() : bytes;
  return `${ordered.map((byte) => hex(byte, 2)).join("")}:${hex(port, 4)}`;
}
