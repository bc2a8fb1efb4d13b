import { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import { posixWord, shownPath, TegataError } from "@tegata/core";
import { readRegularFile } from "../files/open-file.ts";

/** What is trusted besides the runtime's own authorities. */
export interface TrustedAuthorities {
  /** PEM, one certificate each; empty when no variable names a file. */
  readonly certificates: readonly string[];
  /**
   * The runtime's own and these, for a `ca` that replaces its own; `undefined` when nothing is added to them. Those of the
   * system are among them where the runtime was told so (NODE_USE_SYSTEM_CA).
   */
  readonly all: readonly string[] | undefined;
  /** For people: the files, each with the variable that names it. */
  readonly files: readonly string[];
}

/** Node 20 does not have all of it. */
interface NewerTls {
  readonly rootCertificates: readonly string[];
  readonly getCACertificates?: (of: "default") => readonly string[];
}
const newer: NewerTls = tls;

/** The bundle of a system has a quarter of a megabyte. */
const maxBytes = 8_388_608;
/** Blocks that hold no certificate, such as a key, are passed over, as OpenSSL does; so is text between them. */
const block = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----([\s\S]*?)-----END \1-----/g;

/**
 * @param named one file at least: its variable and its path
 * @throws TegataError `settings_unreadable` for a file that cannot be read, or is no bundle of PEM certificates
 */
export async function readTrustedAuthorities(named: ReadonlyMap<string, string>): Promise<TrustedAuthorities> {
  const certificates = new Set<string>();
  const files: string[] = [];
  for (const [variable, path] of named) {
    readBundle(variable, path).forEach((each) => certificates.add(each));
    files.push(`${shownPath(path)} (${variable})`);
  }
  const own = newer.getCACertificates?.("default") ?? newer.rootCertificates;
  return { certificates: [...certificates], all: [...own, ...certificates], files };
}

function readBundle(variable: string, path: string): string[] {
  const refuse = (reason: string, more: { readonly hint?: string; readonly cause?: unknown } = {}) =>
    new TegataError("settings_unreadable", `${variable} names ${shownPath(path)}, ${reason}`, {
      hint: `correct or unset ${variable}: it names a file of PEM certificates`,
      ...more,
    });
  const bytes = readFile(path, refuse);
  const text = bytes.toString("latin1");
  const found = [...text.matchAll(block)];
  if (found.length === 0) {
    throw isDer(bytes)
      ? refuse("which is a certificate in DER, not in PEM", {
          hint: `openssl x509 -inform der -in ${posixWord(path)} -out ${posixWord(`${path}.pem`)}, then name that file in ${variable}`,
        })
      : refuse("which holds no PEM certificate");
  }
  return found.map(([, , body = ""], index) => {
    const pem = `-----BEGIN CERTIFICATE-----\n${body.trim()}\n-----END CERTIFICATE-----\n`;
    if (!isCertificate(pem)) {
      throw refuse(`whose certificate ${index + 1} of ${found.length} cannot be read`);
    }
    return pem;
  });
}

function readFile(path: string, refuse: (reason: string, more?: { readonly cause?: unknown }) => TegataError): Buffer {
  let read;
  try {
    read = readRegularFile(path, { maxBytes, followLink: true });
  } catch (cause) {
    throw refuse("which cannot be read", { cause });
  }
  switch (read) {
    case "absent":
    case "link":
      throw refuse("which is not there");
    case "folder":
      throw refuse("which is a folder");
    case "not a file":
      throw refuse("which is not a file");
    case "too large":
      throw refuse(`which is larger than ${maxBytes / 1_048_576} MiB`);
    default:
      return Buffer.from(read);
  }
}

function isCertificate(certificate: string | Buffer): boolean {
  try {
    return new X509Certificate(certificate).raw.length > 0;
  } catch {
    return false;
  }
}

function isDer(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && isCertificate(bytes);
}
