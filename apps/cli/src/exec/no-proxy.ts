import type { CliSystem } from "../cli-system.ts";
import type { EnvironmentChanges } from "./inherited.ts";

const endpointHost = "127.0.0.1";

/**
 * Keeps requests to an endpoint on 127.0.0.1 away from a proxy: the SDK for .NET would send them there, with the endpoint's
 * token, unless the list has just this address. Behind what is there; a lone `*`, which some programs take for everything only
 * when it is alone, stays.
 *
 * Both spellings, as programs read the one or the other; where a program reads both, `no_proxy` wins, even empty, so a new
 * one begins with what the other has.
 */
export function withoutProxy({ env, platform }: Pick<CliSystem, "env" | "platform">): EnvironmentChanges {
  const [upper, lower] = [env["NO_PROXY"], env["no_proxy"]];
  const changed = { NO_PROXY: withEndpoint(upper ?? lower ?? ""), no_proxy: withEndpoint(lower ?? upper ?? "") };
  // One variable in any case of letters.
  return platform === "win32" ? { NO_PROXY: changed.NO_PROXY } : changed;
}

function withEndpoint(list: string): string {
  if (list.trim() === "*" || list.split(/[\s,]+/).includes(endpointHost)) {
    return list;
  }
  return list.trim() === "" ? endpointHost : `${list.replace(/[\s,]+$/, "")},${endpointHost}`;
}
