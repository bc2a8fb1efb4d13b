/// <reference types="node" />
import type { Socket } from "node:net";
import { createGzip } from "node:zlib";

/** What a server does with a request, byte by byte, and what `limitedFetch` may make of it. */
export interface HostileResponse {
  readonly name: string;
  /** Resolves when all has been sent that will be sent for now. */
  readonly send: (socket: Socket) => void | Promise<void>;
  /** A kind of HttpFailure, or `status body length`; several where the runtimes differ and each is harmless. */
  readonly ends: readonly string[];
}

const head = (...lines: readonly string[]) =>
  `${["HTTP/1.1 200 OK", "content-type: application/json", "connection: close", ...lines].join("\r\n")}\r\n\r\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

const says = (text: string) => (socket: Socket) => {
  socket.write(text);
};
const saysAndEnds = (text: string) => (socket: Socket) => {
  socket.end(text);
};
const saysAndResets = (text: string) => (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.write(text, () => {
      socket.destroy();
      resolve();
    });
  });

/** Sends for as long as somebody listens; resolves after four megabytes: more than any limit. */
const neverStops = (first: string, piece: string) => (socket: Socket) =>
  new Promise<void>((resolve) => {
    const block = piece.repeat(Math.ceil(65_536 / piece.length));
    let sent = 0;
    const send = () => {
      while (!socket.destroyed && sent < 67_108_864) {
        sent += block.length;
        if (sent > 4_194_304) {
          resolve();
        }
        if (!socket.write(block)) {
          return;
        }
      }
    };
    socket.on("drain", send);
    socket.once("close", () => resolve());
    socket.write(first);
    send();
  });

/** About 200 kB that unpack to 200 MB. */
async function gzipBomb(): Promise<Buffer> {
  const gzip = createGzip();
  const zeros = Buffer.alloc(1_048_576);
  const packed: Buffer[] = [];
  gzip.on("data", (data: Buffer) => packed.push(data));
  const ended = new Promise((resolve) => {
    gzip.once("end", resolve);
  });
  for (let megabyte = 0; megabyte < 200; megabyte += 1) {
    if (!gzip.write(zeros)) {
      await new Promise((resolve) => {
        gzip.once("drain", resolve);
      });
    }
  }
  gzip.end();
  await ended;
  return Buffer.concat(packed);
}

const redirect = (status: number, location: string): HostileResponse => ({
  name: `HTTP ${status} to ${location}`,
  send: saysAndEnds(
    `HTTP/1.1 ${status} Elsewhere\r\nlocation: ${location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
  ),
  ends: ["redirect"],
});

const gone = ["unreachable"];
/** Bun reads on where the others see at once that it is no HTTP; the time limit ends it. */
const goneOrTimeout = ["unreachable", "timeout"];

export const hostileResponses: readonly HostileResponse[] = [
  { name: "no byte ever comes", send: () => undefined, ends: ["timeout"] },
  { name: "the head stops half way", send: says("HTTP/1.1 200 OK\r\nx-a: "), ends: ["timeout"] },
  { name: "the body stops half way", send: says(`${head("content-length: 100")}{"a":`), ends: ["timeout"] },
  { name: "a body without a length stops half way", send: says(`${head()}{"a":`), ends: ["timeout"] },
  {
    name: "the chunks stop coming",
    send: says(head("transfer-encoding: chunked") + chunk('{"a":')),
    ends: ["timeout"],
  },
  {
    name: "ten gigabytes are promised and none comes",
    send: says(head("content-length: 10000000000")),
    ends: ["timeout", "too_large"],
  },
  { name: "the body never ends", send: neverStops(head(), "x"), ends: ["too_large"] },
  {
    name: "the chunks never end",
    send: neverStops(head("transfer-encoding: chunked"), chunk("x".repeat(1000))),
    ends: ["too_large"],
  },
  {
    name: "the headers never end",
    send: neverStops("HTTP/1.1 200 OK\r\n", "x-a: aaaaaaaaaaaaaaaa\r\n"),
    ends: goneOrTimeout,
  },
  { name: "one header never ends", send: neverStops("HTTP/1.1 200 OK\r\nx-a: ", "a"), ends: goneOrTimeout },
  {
    name: "a chunk's extension never ends",
    send: neverStops(`${head("transfer-encoding: chunked")}5;`, "a"),
    ends: goneOrTimeout,
  },
  {
    name: "the trailers never end",
    send: neverStops(`${head("transfer-encoding: chunked")}0\r\n`, "x-a: a\r\n"),
    ends: ["unreachable", "timeout", "200 0"],
  },
  {
    name: "early hints never end",
    send: neverStops("", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
    ends: goneOrTimeout,
  },
  { name: "the connection is closed without an answer", send: saysAndEnds(""), ends: gone },
  { name: "the connection is cut without an answer", send: saysAndResets(""), ends: gone },
  { name: "the connection is cut in the head", send: saysAndResets("HTTP/1.1 200 OK\r\nx-a"), ends: gone },
  { name: "the connection is cut in the body", send: saysAndResets(`${head("content-length: 100")}{"a":`), ends: gone },
  { name: "the body is shorter than its length", send: saysAndEnds(`${head("content-length: 100")}{"a":`), ends: gone },
  {
    // Node takes what has come; a JSON text says itself whether it is whole.
    name: "the last chunk is missing",
    send: saysAndEnds(head("transfer-encoding: chunked") + chunk('{"a":1}')),
    ends: ["unreachable", "200 7"],
  },
  {
    name: "a chunk's size is no number",
    send: saysAndEnds(`${head("transfer-encoding: chunked")}zz\r\n{}\r\n0\r\n\r\n`),
    ends: gone,
  },
  {
    name: "the body is longer than its length",
    send: saysAndEnds(`${head("content-length: 2")}{}{"more":1}`),
    ends: ["unreachable", "200 2"],
  },
  {
    name: "two lengths contradict each other",
    send: saysAndEnds(`${head("content-length: 2", "content-length: 9")}{}{"a":1}`),
    ends: ["unreachable", "200 2", "200 9"],
  },
  {
    name: "the length is negative",
    send: saysAndEnds(`${head("content-length: -1")}{}`),
    ends: ["unreachable", "200 0", "200 2"],
  },
  {
    name: "the length is no number",
    send: saysAndEnds(`${head("content-length: many")}{}`),
    ends: ["unreachable", "200 0", "200 2"],
  },
  {
    name: "200 kB of gzip are 200 MB",
    send: async (socket) => {
      const bomb = await gzipBomb();
      socket.write(head("content-encoding: gzip", `content-length: ${bomb.length}`));
      socket.end(bomb);
    },
    ends: ["too_large"],
  },
  {
    name: "the gzip is no gzip",
    send: saysAndEnds(`${head("content-encoding: gzip", "content-length: 2")}{}`),
    ends: gone,
  },
  {
    name: "the gzip is cut short",
    send: async (socket) => {
      const bomb = await gzipBomb();
      socket.end(Buffer.concat([Buffer.from(head("content-encoding: gzip")), bomb.subarray(0, 200)]));
    },
    ends: ["unreachable", "200 181892"],
  },
  { name: "it does not speak HTTP", send: saysAndEnds("SSH-2.0-OpenSSH_9.2\r\n"), ends: gone },
  { name: "it does not speak HTTP and waits", send: says("220 mail.example.com ESMTP\r\n"), ends: goneOrTimeout },
  { name: "it speaks HTTP without a head", send: saysAndEnds("<html>sign in</html>"), ends: gone },
  {
    name: "the status does not exist",
    send: saysAndEnds("HTTP/1.1 999 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    ends: gone,
  },
  {
    name: "the protocol is switched",
    send: saysAndEnds("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
    ends: goneOrTimeout,
  },
  {
    name: "a header has no name",
    send: saysAndEnds(`${head(": x", "content-length: 2")}{}`),
    ends: ["unreachable", "200 2"],
  },
  {
    name: "a header holds a zero byte",
    send: saysAndEnds(`${head("x-a: \0", "content-length: 2")}{}`),
    ends: ["unreachable", "200 2"],
  },
  {
    name: "the reason phrase is not ASCII",
    send: saysAndEnds("HTTP/1.1 200 \u00e9\u00e9\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"),
    ends: ["unreachable", "200 2"],
  },
  {
    name: "HTTP 204 has a body",
    send: saysAndEnds("HTTP/1.1 204 No Content\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"),
    ends: ["unreachable", "204 0"],
  },
  { name: "HTTP/1.0 ends the body by closing", send: saysAndEnds("HTTP/1.0 200 OK\r\n\r\n{}"), ends: ["200 2"] },
  {
    name: "HTTP 503 has no body",
    send: saysAndEnds("HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    ends: ["503 0"],
  },
  redirect(300, "/elsewhere"),
  redirect(301, "/elsewhere"),
  redirect(302, "http://127.0.0.1:1/"),
  redirect(303, "http://169.254.169.254/latest/meta-data/"),
  redirect(307, "file:///etc/passwd"),
  redirect(308, "javascript:alert(1)"),
  redirect(302, "data:application/json,{}"),
  redirect(302, "//["),
  {
    name: "a redirect that never ends its body",
    send: neverStops("HTTP/1.1 302 Found\r\nlocation: /x\r\n\r\n", "x"),
    ends: ["redirect"],
  },
  {
    name: "a redirect without a location",
    send: saysAndEnds("HTTP/1.1 302 Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    ends: ["redirect"],
  },
  {
    name: "HTTP 304 to a question without a condition",
    send: saysAndEnds("HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n"),
    ends: ["redirect"],
  },
];
