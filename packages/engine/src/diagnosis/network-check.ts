import { isLocalHost, printable, shownPath } from "@tegata/core";
import { proxies } from "../system/proxy.ts";
import { namedAuthorities } from "../system/fetch.ts";
import { issuerOf, type DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { ok } from "./step.ts";

type Environment = DiagnosisContext["system"]["env"];

/** Which way each server is asked, by the variables. */
export const proxyCheck: Check<Pick<DiagnosisContext, "system" | "idp" | "role" | "found">> = {
  id: "proxy",
  run: async (context) => {
    const urls = await urlsOf(context);
    const { env } = context.system;
    const ways = urls.map((url) => `${printable(new URL(url).host)} ${wayTo(url, env)}`);
    return [ok("proxy", ways.length === 0 ? "no server is known yet" : [...new Set(ways)].join("; "))];
  },
};

/** The servers of a run that can be known before anything is sent. */
async function urlsOf({
  idp,
  role,
  found,
}: Pick<DiagnosisContext, "idp" | "role" | "found">): Promise<readonly string[]> {
  const issuer = await idp()
    .then((resolved) => issuerOf(resolved, found))
    .catch(() => undefined);
  const steps = await role().then(
    (resolved) => resolved.steps,
    () => [],
  );
  const urls = [issuer, ...steps.map((step) => step.address?.())];
  return urls.filter((url) => url !== undefined && URL.canParse(url)).filter((url) => url !== undefined);
}

function wayTo(url: string, env: Environment): string {
  const proxy = proxies(env)(url);
  if (proxy !== undefined) {
    return `by the proxy ${proxy.shown} (${proxy.variable})`;
  }
  const { no_proxy: _small, NO_PROXY: _large, ...withoutExceptions } = env;
  if (isLocalHost(new URL(url).hostname) || proxies(withoutExceptions)(url) === undefined) {
    return "directly";
  }
  return "directly (NO_PROXY)";
}

/** The files of authorities that are trusted besides the usual ones. */
export const authoritiesCheck: Check<Pick<DiagnosisContext, "system">> = {
  id: "authorities",
  run: async ({ system: { env } }) => {
    const named = namedAuthorities(env);
    if (named.size === 0) {
      return [ok("authorities", "those that come with the runtime; no variable names a file of others")];
    }
    const { readTrustedAuthorities } = await import("../system/ca-files.ts");
    const { certificates } = await readTrustedAuthorities(named);
    const files = [...named].map(([variable, path]) => `${shownPath(path)} (${variable})`).join(", ");
    const count = certificates.length === 1 ? "1 certificate" : `${certificates.length} certificates`;
    return [ok("authorities", `those of the runtime, and ${count} in ${files}`)];
  },
};
