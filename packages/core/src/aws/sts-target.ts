import { isSecureUrl } from "../base/http.ts";
import { hint, or, setting } from "../base/wording.ts";
import { TegataError } from "../base/errors.ts";
import { shownValue } from "../base/shown-value.ts";
import { stsHost } from "./partition.ts";
import { checkRegionOfPartition } from "./region.ts";
import { needsExplicitStsEndpoint, type RoleArn } from "./role-arn.ts";

/** Which STS is asked. */
export interface StsTarget {
  /** Its own STS is asked: `sts.<region>.<suffix of the partition>`. */
  readonly region: string;
  /** The base URL of another STS; `undefined`: AWS's own. */
  readonly endpoint: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
}

/** What the identity of a step says of the STS that is asked. */
export function targetIdentity({ region, endpoint, useFipsEndpoint, useDualstackEndpoint }: StsTarget) {
  return { region, stsEndpoint: endpoint, useFipsEndpoint, useDualstackEndpoint };
}

/**
 * Refuses what could only fail at the far end, or would carry secrets over plain http.
 *
 * @throws TegataError `settings_invalid`, `settings_incomplete`
 */
export function proveTarget(
  role: RoleArn,
  { region, endpoint, useFipsEndpoint, useDualstackEndpoint }: StsTarget,
): void {
  if (endpoint === undefined) {
    if (needsExplicitStsEndpoint(role)) {
      throw new TegataError(
        "settings_incomplete",
        `the role ${role.arn} is not one of AWS's, so its STS must be named`,
        {
          hint: "set AWS_ENDPOINT_URL_STS to the address of the store that knows the role",
        },
      );
    }
  } else if (!URL.canParse(endpoint) || !isSecureUrl(new URL(endpoint))) {
    throw new TegataError("settings_invalid", `the STS endpoint ${shownValue(endpoint)} is not an https URL`, {
      hint: "set AWS_ENDPOINT_URL_STS to an https URL; plain http is taken only for a loopback address",
    });
  } else if (useFipsEndpoint || useDualstackEndpoint) {
    const variable = useFipsEndpoint ? "AWS_USE_FIPS_ENDPOINT" : "AWS_USE_DUALSTACK_ENDPOINT";
    throw new TegataError(
      "settings_invalid",
      `the STS endpoint ${shownValue(endpoint)} leaves no room for ${variable}`,
      {
        hint: `unset ${variable}, AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL`,
      },
    );
  }
  const mismatch = checkRegionOfPartition(role, region);
  if (mismatch !== undefined) {
    throw new TegataError("settings_invalid", mismatch, {
      hint: [hint`pass another ${setting("region", "REGION")}`, or`another ${setting("role_arn", "ARN")}`],
    });
  }
}

/** Where the request goes. A path of its own is stored, and ends with a slash. */
export function addressOf({ endpoint, region, ...variant }: StsTarget): URL {
  const url = new URL(endpoint ?? `https://${stsHost(region, variant)}`);
  // fetch takes no URL with a user in it.
  url.username = url.password = url.hash = "";
  if (!url.pathname.endsWith("/")) {
    url.pathname += "/";
  }
  return url;
}
