import { printable } from "./foreign-text.ts";
import { HttpFailure } from "./http-failure.ts";
import { isLoopbackHost } from "./loopback-host.ts";

interface Handshake {
  readonly host: string;
  readonly port: string;
  /** Everything that the runtime says: codes and messages, those of causes too. */
  readonly text: string;
  /** What this machine takes for the time. */
  readonly clock: string;
  /** Files of authorities that are trusted already, each with the variable that names it. */
  readonly files: readonly string[];
}

interface Row {
  /** Over the codes of OpenSSL (Node), of BoringSSL (Bun) and the words of rustls (Deno). */
  readonly pattern: RegExp;
  readonly message: (handshake: Handshake) => string;
  readonly hint: (handshake: Handshake) => string;
}

const tellAdministrator = ({ host }: Handshake) => `tell the administrator of ${host}`;

/** The first row that fits counts. */
const rows: readonly Row[] = [
  {
    pattern: /CERT_HAS_EXPIRED|certificate (?:has )?expired/i,
    message: ({ clock }) => `its certificate has expired; the clock of this machine says ${clock}`,
    hint: (handshake) => `if the clock is right, ${tellAdministrator(handshake)}; if not, set the clock`,
  },
  {
    pattern: /CERT_NOT_YET_VALID|certificate (?:is )?not (?:yet valid|valid yet)/i,
    message: ({ clock }) => `its certificate is not valid yet; the clock of this machine says ${clock}`,
    hint: (handshake) => `set the clock of this machine; if it is right, ${tellAdministrator(handshake)}`,
  },
  {
    pattern: /ERR_TLS_CERT_ALTNAME_INVALID|not valid for name|NotValidForName/i,
    message: ({ host, text }) => {
      const names = namesIn(text);
      return names === undefined
        ? `its certificate is for another host name than ${host}`
        : `its certificate is for ${names}, not for ${host}`;
    },
    hint: (handshake) => `check the host name in the URL; if it is right, ${tellAdministrator(handshake)}`,
  },
  {
    pattern: /DEPTH_ZERO_SELF_SIGNED_CERT|CaUsedAsEndEntity/,
    message: () => "its certificate is signed by itself, and not trusted here",
    hint: nameAuthority,
  },
  {
    pattern:
      /UNABLE_TO_(?:VERIFY|GET)_|SELF_SIGNED_CERT_IN_CHAIN|UnknownIssuer|CERT_UNTRUSTED|INVALID_CA|unable to get /,
    message: () => "its certificate comes from an authority that is not trusted here",
    hint: nameAuthority,
  },
  {
    pattern: /\bCERT_[A-Z_]+|CRL_[A-Z_]+|(?:EE|CA)_(?:KEY|MD)_TOO_|HOSTNAME_MISMATCH|invalid peer certificate/,
    message: ({ text }) => `its certificate is not accepted (${reasonIn(text)})`,
    hint: tellAdministrator,
  },
  {
    pattern: /\balert\b|_ALERT_|handshake.failure|UNSUPPORTED_PROTOCOL|NO_SHARED_CIPHER/i,
    message: ({ text }) => `it refuses the TLS handshake (${reasonIn(text)})`,
    hint: (handshake) => `it may want a client certificate or another version of TLS: ${tellAdministrator(handshake)}`,
  },
  {
    pattern: /WRONG_VERSION_NUMBER|InvalidContentType|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|\bEPROTO\b|ERR_SSL_/,
    message: ({ port, text }) =>
      // Bun has one code for everything that goes wrong in a handshake.
      `what answers on port ${port} does not speak TLS${/\bEPROTO\b/.test(text) ? ", or refuses the handshake" : ""}`,
    hint: ({ host, port }) =>
      isLoopbackHost(host)
        ? `check the port; for plain http on this machine write http://${host}:${port}`
        : `check the port in the URL: https needs one that speaks TLS`,
  },
];

/**
 * What a runtime says of a TLS handshake that failed, as words of ours: one set for Node, Bun and Deno.
 *
 * @param now of this machine's clock, in milliseconds since 1970
 * @param files of authorities that are trusted besides the runtime's own, as they are to be shown
 * @returns `undefined` for an error that has nothing to do with TLS
 */
export function tlsFailure(
  error: unknown,
  url: string,
  now: number,
  files: readonly string[] = [],
): HttpFailure | undefined {
  const { hostname, port, protocol } = new URL(url);
  if (protocol !== "https:") {
    return undefined;
  }
  const text = runtimeErrorText(error);
  const row = rows.find(({ pattern }) => pattern.test(text));
  if (row === undefined) {
    return undefined;
  }
  const clock = `${new Date(now).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const handshake = { host: hostname, port: port === "" ? "443" : port, text, clock, files };
  return new HttpFailure("tls", row.message(handshake), { cause: error, hint: row.hint(handshake) });
}

function nameAuthority({ files }: Handshake): string {
  const hint =
    "name the PEM file of that authority (of a proxy that inspects TLS, or of the server) in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS";
  return files.length === 0 ? hint : `${hint}; already read: ${files.join(", ")}`;
}

/**
 * Node: `altnames: DNS:a, DNS:b`; for an address, which names are not compared with, `altnames: IP: 127.0.0.1 is not in the cert's
 * list: 10.0.0.1`. Deno: `only valid for DnsName("a") or DnsName("b")`.
 */
function namesIn(text: string): string | undefined {
  const [, addresses] = /is not in the cert's list: ?([^\n]*)/.exec(text) ?? [];
  const [, named] = /altnames: ((?:DNS|IP Address|URI):[^\n]*)/.exec(text) ?? [];
  const listed = addresses ?? named;
  const names =
    listed === undefined
      ? [...text.matchAll(/(?:DnsName|IpAddress)\("?([^")]+)"?\)/g)].map(([, name = ""]) => name)
      : listed.split(", ").map((name) => name.replace(/^(?:DNS|IP Address|IP):/, ""));
  const known = names.filter((name) => name.trim() !== "");
  return known.length === 0 ? undefined : printable(known.join(", "), 120);
}

/** The part of a runtime's text that tells most. */
function reasonIn(text: string): string {
  const [found] =
    /\b(?:CERT|CRL|EE|CA|ERR_SSL|HOSTNAME)_[A-Z0-9_]+|(?:invalid peer certificate|fatal alert): ?[^\n]*|[^:\n]*\balert\b[^:\n]*/.exec(
      text,
    ) ?? [];
  return printable(found ?? text, 120);
}

/** The codes and messages of a runtime's error and of what caused it, a line each. */
export function runtimeErrorText(error: unknown): string {
  const parts: string[] = [];
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    parts.push("code" in each && typeof each.code === "string" ? each.code : "", each.message);
  }
  return parts.filter((part) => part !== "").join("\n");
}
