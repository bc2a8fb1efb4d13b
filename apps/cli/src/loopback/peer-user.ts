import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { endianness, release } from "node:os";
import type { HostFacts } from "../storage/ownership.ts";

/** Who is at the other end of a connection over loopback. */
export type Peer =
  | { readonly kind: "own" }
  | { readonly kind: "other"; readonly uid: number }
  /** The system does not tell, or what it tells may be about a relay. */
  | { readonly kind: "unknown" };

export type PeerOf = (socket: Pick<Socket, SocketEnds>) => Promise<Peer>;

type SocketEnds = "localAddress" | "localPort" | "remoteAddress" | "remotePort";

const unknown: Peer = { kind: "unknown" };
/** What user namespaces show in place of every user that has no number in them. */
const overflowUid = 65_534;
/** The table is no snapshot: a line can be left out while others come and go. */
const looks = 3;

/**
 * Finds out which user a connection over loopback comes from, by the tables of Linux. Only Linux has them. There,
 * `unknown` means that the tables cannot be read, that they do not know this connection, that this process has a user id
 * that stands for many, or that Windows Subsystem for Linux hands on what Windows sent, as root.
 *
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function createPeerOf(
  { platform, uid }: HostFacts,
  readTable: (path: string) => Promise<string> = (path) => readFile(path, "latin1"),
  kernel: string = release(),
): PeerOf {
  if (platform !== "linux" || uid === undefined || uid === overflowUid) {
    return () => Promise.resolve(unknown);
  }
  const isRelayed = /microsoft/i.test(kernel);
  return async ({ localAddress, localPort, remoteAddress, remotePort }) => {
    const here = endOf(localAddress, localPort);
    const there = endOf(remoteAddress, remotePort);
    if (here === undefined || there === undefined) {
      return unknown;
    }
    for (let look = 0; look < looks; look += 1) {
      const tables = await Promise.all(
        ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readTable(path).catch(() => "")),
      );
      const users = usersIn(tables.join("\n"));
      // A table that does not know this end, or calls its owner by another number, says nothing of the other end either.
      if (users.get(`${here} ${there}`) !== uid) {
        continue;
      }
      const peer = users.get(`${there} ${here}`);
      if (peer !== undefined) {
        return isRelayed && peer === 0 ? unknown : peer === uid ? { kind: "own" } : { kind: "other", uid: peer };
      }
    }
    return unknown;
  };
}

/** User ids by `local remote`. A socket that no process holds any more is not in it: its user would read as root. */
function usersIn(text: string): ReadonlyMap<string, number> {
  const users = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, local = "", remote = "", , , , , user = "", , inode = "0"] = line.trim().split(/\s+/);
    if (/^\d+$/.test(user) && inode !== "0") {
      users.set(`${withoutMapping(local)} ${withoutMapping(remote)}`, Number(user));
    }
  }
  return users;
}

/** An IPv4 address that an IPv6 socket uses, `::ffff:127.0.0.1`. */
const mapped = endianness() === "LE" ? /^0{16}FFFF0000(?=.{8}:)/ : /^0{20}FFFF(?=.{8}:)/;

function withoutMapping(end: string): string {
  return end.replace(mapped, "");
}

const hex = (value: number, width: number) => value.toString(16).toUpperCase().padStart(width, "0");

/** An end as the table has it: the bytes of the IPv4 address as one number of this machine, the port, in hexadecimal. */
function endOf(address: string | undefined, port: number | undefined): string | undefined {
  const [, digits] = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address ?? "") ?? [];
  if (digits === undefined || port === undefined) {
    return undefined;
  }
  const bytes = digits.split(".").map(Number);
  const ordered = endianness() === "LE" ? bytes.toReversed() : bytes;
  return `${ordered.map((byte) => hex(byte, 2)).join("")}:${hex(port, 4)}`;
}
