/**
 * The variables that a program on `PATH` is given: what programs need to find things, to speak the person's language and to
 * reach the network, and nothing that belongs to AWS, to tegata or to another program.
 */
const allowed: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TERM",
  "NO_COLOR",
  "TMPDIR",
  "TMP",
  "TEMP",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
]);

/** Without these nothing starts on Windows. */
const allowedOnWindows: ReadonlySet<string> = new Set([
  "SYSTEMROOT",
  "SYSTEMDRIVE",
  "WINDIR",
  "COMSPEC",
  "PATHEXT",
  "USERPROFILE",
  "USERNAME",
  "APPDATA",
  "LOCALAPPDATA",
  "PROGRAMDATA",
]);

/** @param declared further variables, by the program's own description */
export function programEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
  declared: readonly string[] = [],
): Record<string, string> {
  const isAllowed = (name: string) => {
    const upper = name.toUpperCase();
    return (
      allowed.has(upper) ||
      /^(LC_|XDG_)/.test(upper) ||
      (platform === "win32" && allowedOnWindows.has(upper)) ||
      declared.includes(name)
    );
  };
  const entries = Object.entries(env).filter(([name]) => isAllowed(name));
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
