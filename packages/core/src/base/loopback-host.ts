/** True for hosts that never leave this machine; the only ones that are spoken to without TLS. */
export function isLoopbackHost(hostname: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(hostname) || hostname === "[::1]" || hostname === "localhost";
}

/**
 * True for hosts that are the machine's own or its cloud's: loopback, link-local addresses and the metadata servers. What is
 * said to them is meant for nobody else, so no proxy may stand between.
 *
 * @param hostname as `URL.hostname` gives it: an IPv6 address in brackets
 */
export function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/\.$/, "");
  return (
    isLoopbackHost(host) ||
    host.endsWith(".localhost") ||
    /^169\.254(\.\d{1,3}){2}$/.test(host) ||
    // fe80::/10, the metadata server of AWS by IPv6, and IPv4 addresses of the kinds above in IPv6's clothes.
    /^\[(?:fe[89ab][0-9a-f]:|fd00:ec2:|::ffff:(?:7f[0-9a-f]{2}|a9fe):)/.test(host) ||
    host === "metadata.google.internal" ||
    host === "metadata"
  );
}
