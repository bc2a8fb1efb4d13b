import { BlockList, isIP } from "node:net";
import { isLocalHost, printable, TegataError } from "@tegata/core";

/** The proxy that a request goes through. */
export interface Proxy {
  /** With user name and password, as a runtime's fetch wants it. */
  readonly url: string;
  /** For people: without the password. */
  readonly shown: string;
  /** The variable that names it. */
  readonly variable: string;
  readonly hasPassword: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** As curl: small letters first. Plain http never gets here: it is for loopback and metadata servers only. */
const proxyVariables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const exceptionVariables = ["no_proxy", "NO_PROXY"];

/**
 * Which proxy a request to a URL goes through, by the variables and by curl's rules, the same on every runtime.
 *
 * What is local (`isLocalHost`: loopback, link-local and metadata addresses) never goes through one.
 *
 * @throws TegataError `settings_invalid` (the returned function) for a proxy that is no URL, or not http or https
 * @see https://curl.se/docs/manpage.html#ENVIRONMENT
 */
export function proxies(env: Environment): (url: string) => Proxy | undefined {
  const named = firstOf(env, proxyVariables);
  const isExcepted = exceptions(firstOf(env, exceptionVariables)?.value ?? "");
  let proxy: Proxy | undefined;
  return (url) => {
    const { hostname, port, protocol } = new URL(url);
    if (named === undefined || isLocalHost(hostname) || isExcepted(hostname, port === "" ? portOf(protocol) : port)) {
      return undefined;
    }
    return (proxy ??= proxyOf(named));
  };
}

interface Named {
  readonly variable: string;
  readonly value: string;
}

function firstOf(env: Environment, variables: readonly string[]): Named | undefined {
  return variables
    .map((variable) => ({ variable, value: (env[variable] ?? "").trim() }))
    .find(({ value }) => value !== "");
}

function portOf(protocol: string): string {
  return protocol === "http:" ? "80" : "443";
}

function proxyOf({ variable, value }: Named): Proxy {
  const text = escaped(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.hostname === "") {
    // A text that cannot be parsed may still hold a password.
    const shown = printable(value.replace(/[^/]*@/, ""), 120);
    throw new TegataError("settings_invalid", `${variable} names a proxy that cannot be used: ${shown}`, {
      hint: `write ${variable}=http://HOST:PORT (or https://), or unset it`,
    });
  }
  const hasPassword = url.username !== "" || url.password !== "";
  return { url: url.href, shown: printable(url.origin), variable, hasPassword };
}

/**
 * User name and password as they are meant, as a URL has to write them: a bare `%` stands for itself, and the last `@` is the
 * one before the host, as curl reads it.
 */
function escaped(text: string): string {
  const [, scheme = "", authority = "", rest = ""] = /^([^:]+:\/\/)([^/?#]*@)?(.*)$/s.exec(text) ?? [];
  const credentials = authority
    .slice(0, -1)
    .replaceAll(/%(?![0-9a-f]{2})/gi, "%25")
    .replaceAll("@", "%40");
  return `${scheme}${authority === "" ? "" : `${credentials}@`}${rest}`;
}

/** `NO_PROXY`: names with all below them, `host:port`, addresses, networks (`10.0.0.0/8`), or `*` for everything. */
function exceptions(list: string): (hostname: string, port: string) => boolean {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== "");
  return (hostname, port) => {
    const host = plain(hostname);
    return entries.some((entry) => entry === "*" || matches(entry, host, port));
  };
}

function matches(entry: string, host: string, port: string): boolean {
  const [, name = "", itsPort] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (itsPort !== undefined && itsPort !== port) {
    return false;
  }
  if (name.includes("/")) {
    return isInNetwork(name, host);
  }
  const suffix = plain(name.replace(/^\*?\./, ""));
  return suffix !== "" && (host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`)));
}

function isInNetwork(network: string, host: string): boolean {
  const [address = "", bits = ""] = network.replaceAll(/[[\]]/g, "").split("/");
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) {
    return false;
  }
  try {
    const list = new BlockList();
    list.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
    return list.check(host, family === 4 ? "ipv4" : "ipv6");
  } catch {
    // More bits than an address has.
    return false;
  }
}

/** Without brackets, a full stop at the end, capitals. */
function plain(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}
