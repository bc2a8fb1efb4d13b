import { connect, createServer, type Socket } from "node:net";
import { endianness, networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import type { Peer } from "@tegata/core";
import { createPeerOf } from "./peer-user.ts";

const uid = 1000;
const linux = { platform: "linux", uid };
const ends = { localAddress: "127.0.0.1", localPort: 36_903, remoteAddress: "127.0.0.1", remotePort: 51_706 };

const word = endianness() === "LE" ? "0100007F" : "7F000001";
const mappedWord = `0000000000000000${endianness() === "LE" ? "FFFF0000" : "0000FFFF"}${word}`;
const loopback6 = `${"0".repeat(24)}${endianness() === "LE" ? "01000000" : "00000001"}`;
const [here, there] = [`${word}:9027`, `${word}:C9FA`];
const line = (local: string, remote: string, user: number, inode = 147_214) =>
  ` 1: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000 ${String(user).padStart(5)} 0 ${inode} 1 0 20 4 30 10 -1\n`;
const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const server = (user = uid) => line(here, "00000000:0000", user);
const own = server() + line(here, there, uid);

/** Some machines have no IPv6. */
const isOurs = (ip: string) =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === ip));

const judge = (tcp: string, facts = linux, { tcp6 = "", kernel = "6.12.0" } = {}): Promise<Peer> =>
  createPeerOf(facts, (path) => heading + (path.endsWith("6") ? tcp6 : tcp), kernel)(ends);

describe("the user at the other end of a connection", () => {
  it.each<[string, string, Peer]>([
    ["the same", line(there, here, uid), { kind: "own" }],
    ["another", line(there, here, 1001), { kind: "other", uid: 1001 }],
    ["root", line(there, here, 0), { kind: "other", uid: 0 }],
    ["in no line", "", { kind: "gone" }],
    ["in the line of another connection only", line(`${word}:C9FB`, here, 1001), { kind: "gone" }],
    ["gone, so that its line says root", line(there, here, 0, 0), { kind: "gone" }],
  ])("is %s", async (_who, text, peer) => {
    expect(await judge(own + text)).toEqual(peer);
  });

  it("is found among the sockets of IPv6", async () => {
    const tcp6 = line(`${mappedWord}:C9FA`, `${mappedWord}:9027`, 1001);
    expect(await judge(own, linux, { tcp6 })).toEqual({ kind: "other", uid: 1001 });
  });

  it.each<[number, Peer]>([
    [uid, { kind: "own" }],
    [1001, { kind: "other", uid: 1001 }],
  ])("is found for a connection over ::1, too: %i", async (user, peer) => {
    const [served, asking] = [`${loopback6}:9027`, `${loopback6}:C9FA`];
    const table = line(served, `${"0".repeat(32)}:0000`, uid) + line(served, asking, uid) + line(asking, served, user);
    const peerOf = createPeerOf(linux, (path) => heading + (path.endsWith("6") ? table : own), "6.12.0");
    expect(await peerOf({ ...ends, localAddress: "::1", remoteAddress: "::1" })).toEqual(peer);
  });

  it("is gone where both ends are, and the server is still there", async () => {
    expect(await judge(server())).toEqual({ kind: "gone" });
    expect(await createPeerOf(linux, () => heading + server(), "6.12.0")({})).toEqual({ kind: "gone" });
  });

  it("is unknown where the table does not know this server, or calls this user by another number", async () => {
    expect(await judge(line(here, there, uid) + line(there, here, uid))).toEqual({ kind: "unknown" });
    expect(await judge(server(65_534) + line(there, here, 65_534))).toEqual({ kind: "unknown" });
  });

  it("is unknown to a process whose user id stands for many", async () => {
    const nobody = 65_534;
    const text = server(nobody) + line(there, here, nobody);
    expect(await judge(text, { platform: "linux", uid: nobody })).toEqual({ kind: "unknown" });
  });

  it("is unknown when root hands on what comes from Windows, and known otherwise in WSL", async () => {
    const wsl = { kernel: "5.15.167.4-microsoft-standard-WSL2" };
    expect(await judge(own + line(there, here, 0), linux, wsl)).toEqual({ kind: "unknown" });
    expect(await judge(own + line(there, here, uid), linux, wsl)).toEqual({ kind: "own" });
    const root = server(0) + line(there, here, 0);
    expect(await judge(root, { platform: "linux", uid: 0 }, wsl)).toEqual({ kind: "unknown" });
  });

  it.each(["darwin", "win32", "freebsd"])("is unknown on %s", async (platform) => {
    expect(await judge(own + line(there, here, uid), { platform, uid })).toEqual({ kind: "unknown" });
  });

  it("is unknown where the table cannot be read", async () => {
    const peerOf = createPeerOf(
      linux,
      () => {
        throw new Error("EACCES");
      },
      "6.12.0",
    );
    expect(await peerOf(ends)).toEqual({ kind: "unknown" });
  });

  it.runIf(process.platform === "linux").each(["127.0.0.1", "::1"].filter(isOurs))(
    "is this one, for a connection of its own over %s",
    async (ip) => {
      const listener = createServer();
      const accepted = new Promise<Socket>((resolve) => listener.once("connection", resolve));
      const port = await new Promise<number>((resolve) => {
        listener.listen(0, ip, () => {
          const address = listener.address();
          resolve(typeof address === "object" && address !== null ? address.port : 0);
        });
      });
      const client = connect(port, ip);
      const socket = await accepted;
      const host = { platform: process.platform, uid: process.getuid?.() };
      expect(await createPeerOf(host, undefined, "6.12.0")(socket)).toEqual({ kind: "own" });
      client.destroy();
      socket.destroy();
      listener.close();
    },
  );
});
