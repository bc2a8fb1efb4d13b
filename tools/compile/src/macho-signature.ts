import { createHash } from "node:crypto";

/**
 * Signs a program for macOS ad hoc: no certificate, only the hashes of its pages, which the kernel of a Mac compares. Bun leaves
 * its own vendor's signature on what it compiles for x64, whose hashes are those of another file: macOS kills such a program. For
 * arm64 it signs again; both are signed here, so that one piece of code is right for both.
 *
 * No library on npm writes a signature; `codesign` is on a Mac only. The layout is Apple's `cs_blobs.h`, and what is in it is what
 * Go's linker writes (`cmd/internal/codesign`).
 *
 * @param program a 64-bit Mach-O file of one architecture, with a place for a signature at its end
 * @param identifier what macOS knows the program by
 * @returns The signed file.
 * @throws UnsignableError for any other file
 */
export function signAdHoc(program: Uint8Array, identifier: string): Buffer {
  const file = Buffer.from(program);
  const { signature, linkEdit, text } = loadCommandsOf(file);
  const codeLimit = file.readUInt32LE(signature + 8);
  const linkEditStart = Number(file.readBigUInt64LE(linkEdit + 40));
  if (codeLimit % 16 !== 0 || codeLimit <= linkEditStart || codeLimit > file.length) {
    throw new UnsignableError("its signature does not stand at the end");
  }
  const directoryBytes = directoryHeaderBytes + Buffer.byteLength(identifier) + 1 + hashBytes * pagesOf(codeLimit);
  const signatureBytes = superBlobBytes + directoryBytes;
  // The hashes cover these numbers too, so that they come first.
  const filled = Buffer.concat([file.subarray(0, codeLimit), Buffer.alloc(signatureBytes)]);
  filled.writeUInt32LE(signatureBytes, signature + 12);
  const linkEditBytes = codeLimit + signatureBytes - linkEditStart;
  filled.writeBigUInt64LE(BigInt(roundedUp(linkEditBytes, segmentAlignment)), linkEdit + 32);
  filled.writeBigUInt64LE(BigInt(linkEditBytes), linkEdit + 48);
  codeDirectory({
    code: filled.subarray(0, codeLimit),
    identifier,
    textStart: filled.readBigUInt64LE(text + 40),
    textBytes: filled.readBigUInt64LE(text + 48),
  }).copy(filled, codeLimit + superBlobBytes);
  superBlob(signatureBytes).copy(filled, codeLimit);
  return filled;
}

/** A file that is no Mach-O program with a place for a signature. */
export class UnsignableError extends Error {
  override name = "UnsignableError";
}

// <mach-o/loader.h>
const magic64 = 0xfe_ed_fa_cf;
const headerBytes = 32;
const segment64 = 0x19;
const codeSignature = 0x1d;
/** Of a page on arm64; more than one of x64. */
const segmentAlignment = 0x4000;

// cs_blobs.h; numbers are big-endian.
const embeddedSignature = 0xfa_de_0c_c0;
const codeDirectoryMagic = 0xfa_de_0c_02;
const superBlobBytes = 20;
const directoryHeaderBytes = 88;
/** Of version 0x20400, the first with the range of the code that is run. */
const directoryVersion = 0x2_04_00;
/** Ad hoc, and made by a linker: a real signature may replace it unasked. */
const adHocByLinker = 0x2_0002;
const mainProgram = 1n;
const sha256 = 2;
const hashBytes = 32;
const pageBits = 12;
const pageBytes = 1 << pageBits;

/** Where the commands stand that the signature is about: offsets in the file. */
function loadCommandsOf(file: Buffer): {
  readonly signature: number;
  readonly linkEdit: number;
  readonly text: number;
} {
  if (file.length < headerBytes || file.readUInt32LE(0) !== magic64) {
    throw new UnsignableError("it is no 64-bit Mach-O file");
  }
  let at = headerBytes;
  let signature: number | undefined;
  const segments = new Map<string, number>();
  for (let left = file.readUInt32LE(16); left > 0; left -= 1) {
    if (at + 8 > file.length) {
      throw new UnsignableError("its load commands are cut");
    }
    const command = file.readUInt32LE(at);
    if (command === codeSignature) {
      signature = at;
    } else if (command === segment64) {
      segments.set(file.toString("latin1", at + 8, at + 24).replace(/\0.*/s, ""), at);
    }
    at += Math.max(8, file.readUInt32LE(at + 4));
  }
  const [linkEdit, text] = [segments.get("__LINKEDIT"), segments.get("__TEXT")];
  if (signature === undefined || linkEdit === undefined || text === undefined) {
    throw new UnsignableError("it has no place for a signature");
  }
  return { signature, linkEdit, text };
}

/** One blob, the code directory. */
function superBlob(bytes: number): Buffer {
  return numbers([embeddedSignature, bytes, 1, 0, superBlobBytes]);
}

function codeDirectory(input: {
  readonly code: Buffer;
  readonly identifier: string;
  readonly textStart: bigint;
  readonly textBytes: bigint;
}): Buffer {
  const { code, identifier, textStart, textBytes } = input;
  const name = Buffer.from(`${identifier}\0`);
  const pages = pagesOf(code.length);
  const hashesAt = directoryHeaderBytes + name.length;
  const hashes = Array.from({ length: pages }, (_, page) =>
    createHash("sha256")
      .update(code.subarray(page * pageBytes, (page + 1) * pageBytes))
      .digest(),
  );
  const length = hashesAt + hashBytes * pages;
  const header = Buffer.concat([
    numbers([
      codeDirectoryMagic,
      length,
      directoryVersion,
      adHocByLinker,
      hashesAt,
      directoryHeaderBytes,
      0,
      pages,
      code.length,
    ]),
    Buffer.from([hashBytes, sha256, 0, pageBits]),
    // Spare, scatter, team, spare.
    numbers([0, 0, 0, 0]),
    // The limit of code on 64 bits, which is not needed below 4 GiB; then what of it is run.
    longNumbers([0n, textStart, textBytes, mainProgram]),
  ]);
  return Buffer.concat([header, name, ...hashes]);
}

function pagesOf(bytes: number): number {
  return Math.ceil(bytes / pageBytes);
}

function roundedUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

function longNumbers(values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, index) => bytes.writeBigUInt64BE(value, 8 * index));
  return bytes;
}
