import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { signAdHoc, UnsignableError } from "./macho-signature.ts";

const pageBytes = 4096;

interface Program {
  readonly codeBytes: number;
  /** What stands in the place of the signature; another vendor's, for example. */
  readonly old: Buffer;
  readonly hasSignature?: boolean;
}

/** A program with two segments and, behind its code, an old signature. */
function machO({ codeBytes, old, hasSignature = true }: Program): Buffer {
  const file = Buffer.concat([Buffer.alloc(codeBytes), old]);
  for (let at = 400; at < codeBytes; at += 1) {
    file[at] = (at * 31) % 251;
  }
  const linkEditStart = codeBytes - 64;
  const commands = [
    segment("__TEXT", 0n, BigInt(linkEditStart)),
    segment("__LINKEDIT", BigInt(linkEditStart), BigInt(64 + old.length)),
    ...(hasSignature ? [command(0x1d, codeBytes, old.length)] : []),
  ];
  const header = Buffer.alloc(32);
  header.writeUInt32LE(0xfe_ed_fa_cf, 0);
  header.writeUInt32LE(commands.length, 16);
  Buffer.concat([header, ...commands]).copy(file);
  return file;
}

function segment(name: string, start: bigint, bytes: bigint): Buffer {
  const made = Buffer.alloc(72);
  made.writeUInt32LE(0x19, 0);
  made.writeUInt32LE(72, 4);
  made.write(name, 8);
  made.writeBigUInt64LE(0x4000n, 32);
  made.writeBigUInt64LE(start, 40);
  made.writeBigUInt64LE(bytes, 48);
  return made;
}

function command(kind: number, offset: number, bytes: number): Buffer {
  const made = Buffer.alloc(16);
  [kind, 16, offset, bytes].forEach((value, index) => made.writeUInt32LE(value, 4 * index));
  return made;
}

/** What a Mac reads: the signature's own hashes, and those of the pages that it is about. */
function judge(file: Buffer) {
  const signature = 32 + 72 + 72;
  const [at, bytes] = [file.readUInt32LE(signature + 8), file.readUInt32LE(signature + 12)];
  const directory = at + file.readUInt32BE(at + 16);
  const [hashesAt, nameAt, , pages, limit] = [16, 20, 24, 28, 32].map((each) => file.readUInt32BE(directory + each));
  const wanted = Array.from({ length: Math.ceil(at / pageBytes) }, (_, page) =>
    createHash("sha256")
      .update(file.subarray(page * pageBytes, Math.min((page + 1) * pageBytes, at)))
      .digest("hex"),
  );
  const found = wanted.map((_, page) => {
    const start = directory + (hashesAt ?? 0) + 32 * page;
    return file.toString("hex", start, start + 32);
  });
  return {
    magic: file.readUInt32BE(at).toString(16),
    flags: file.readUInt32BE(directory + 12).toString(16),
    name: file.toString("latin1", directory + (nameAt ?? 0), directory + (hashesAt ?? 0) - 1),
    pages,
    limit,
    hasRightHashes: found.join() === wanted.join(),
    endsWithIt: at + bytes === file.length,
    linkEditEnd: Number(file.readBigUInt64LE(32 + 72 + 40) + file.readBigUInt64LE(32 + 72 + 48)) === file.length,
    linkEditFits: file.readBigUInt64LE(32 + 72 + 32) >= file.readBigUInt64LE(32 + 72 + 48),
  };
}

describe("a program for macOS", () => {
  it.each([
    ["a shorter signature of another vendor", 8192, Buffer.alloc(100, 7)],
    ["a longer one", 4096 * 3 + 16, Buffer.alloc(5000, 7)],
    ["an empty place", 65_536, Buffer.alloc(0)],
    ["many pages", 4096 * 700, Buffer.alloc(64)],
  ])("has the hashes of its pages behind it, in the place of %s", (_what, codeBytes, old) => {
    const signed = signAdHoc(machO({ codeBytes, old }), "tegata");
    expect(judge(signed)).toEqual({
      magic: "fade0cc0",
      flags: "20002",
      name: "tegata",
      pages: Math.ceil(codeBytes / pageBytes),
      limit: codeBytes,
      hasRightHashes: true,
      endsWithIt: true,
      linkEditEnd: true,
      linkEditFits: true,
    });
    expect(signed.subarray(400, codeBytes).equals(machO({ codeBytes, old }).subarray(400, codeBytes))).toBe(true);
  });

  it("that is signed again is the same, byte for byte", () => {
    const once = signAdHoc(machO({ codeBytes: 8192, old: Buffer.alloc(9, 1) }), "tegata");
    expect(signAdHoc(once, "tegata").equals(once)).toBe(true);
  });
});

describe("what is refused", () => {
  it.each([
    ["an empty file", Buffer.alloc(0)],
    ["a program of Linux", Buffer.from("\u007fELF".padEnd(200, "\0"))],
    [
      "a program without a place for a signature",
      machO({ codeBytes: 8192, old: Buffer.alloc(0), hasSignature: false }),
    ],
    ["one that is cut in its code", machO({ codeBytes: 8192, old: Buffer.alloc(0) }).subarray(0, 4000)],
    ["one that is cut in its load commands", machO({ codeBytes: 8192, old: Buffer.alloc(0) }).subarray(0, 120)],
  ])("is %s", (_what, file) => {
    expect(() => signAdHoc(file, "tegata")).toThrow(UnsignableError);
  });
});
