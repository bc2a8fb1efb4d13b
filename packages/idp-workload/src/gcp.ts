import {
  type Fetch,
  hint,
  hostTraits,
  HttpFailure,
  isLoopbackHost,
  type Machine,
  setting,
  shownValue,
  TegataError,
  type WorkloadContext,
} from "@tegata/core";
import * as v from "valibot";
import { awsAudience, serviceAccountSchema, tokenSettings } from "./settings.ts";
import { nonsense, requestToken, tokenMember, type TokenRequest } from "./token-request.ts";
import { issuerRule, oneIssuer } from "./token-rules.ts";
import { definePlatform } from "./token-source.ts";

const server = "the metadata server of Google Cloud";
const impersonation = "the IAM Credentials API of Google Cloud";
const path = "/computeMetadata/v1/instance/service-accounts/default";
/** By its address first: a name could be anybody's, and the server knows no TLS. Machines with IPv6 only need the name. */
const origins = ["http://169.254.169.254", "http://metadata.google.internal"] as const;
/** A new pod's server is ready after some seconds. */
const patienceMilliseconds = 15_000;
const somethingElse =
  "something else than Google Cloud answers at its address: check GCE_METADATA_HOST and the routes of this machine";
const transient = [408, 429, 500, 503, 504];

/**
 * Google Cloud, by the metadata server of a virtual machine, a GKE pod or Cloud Run; with `service_account` on behalf of
 * another account. The address is tried only where the machine itself says that it is Google's.
 *
 * @see https://cloud.google.com/compute/docs/instances/verifying-instance-identity
 * @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
 */
export const gcp = definePlatform({
  name: "gcp",
  title: "Google Cloud",
  summary: "Google Cloud, by the metadata server",
  settings: v.strictObject({ ...tokenSettings, service_account: v.optional(serviceAccountSchema) }),
  find: async (settings, machine) => {
    const named = machine.variable("GCE_METADATA_HOST");
    if (named === undefined && machine.variable("K_SERVICE") === undefined && !(await isOfGoogle(machine))) {
      return undefined;
    }
    const origin = originOf(named);
    const audience = settings.audience ?? awsAudience;
    const account = settings.service_account;
    return {
      traits: [origin, machine.variable("K_SERVICE"), ...(await hostTraits(machine))],
      issuer: issuerRule(settings, oneIssuer("https://accounts.google.com")),
      audience,
      // azp is the service account's unique id.
      profile: { authorizedParty: "any" },
      hints: {
        notAToken: somethingElse,
        audience: somethingElse,
        expired: "check the clock of this machine",
      },
      token: (context) =>
        account === undefined
          ? identityToken(`${origin}${path}`, audience, context)
          : impersonatedToken(`${origin}${path}`, account, audience, context),
    };
  },
});

async function isOfGoogle(machine: Machine): Promise<boolean> {
  const product = await machine.readFile("/sys/class/dmi/id/product_name", 4096).catch(() => undefined);
  return ["Google", "Google Compute Engine"].includes(product?.trim() ?? "");
}

/** Where the first address does not answer, the second one is asked at once. */
function atBothAddresses(fetch: Fetch): Fetch {
  const [first, second] = origins;
  return (url, init) =>
    fetch(url, init).catch((error: unknown) => {
      if (!(error instanceof HttpFailure) || !url.startsWith(`${first}/`)) {
        throw error;
      }
      return fetch(url.replace(first, second), init).catch(() => {
        throw error;
      });
    });
}

function originOf(named: string | undefined): string {
  const text = `http://${named ?? "metadata.google.internal"}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.host === "metadata.google.internal" || url?.host === "169.254.169.254") {
    return origins[0];
  }
  if (url === undefined || !isLoopbackHost(url.hostname) || url.pathname !== "/") {
    throw new TegataError(
      "idp_untrusted_url",
      `the variable GCE_METADATA_HOST is neither Google's metadata server nor on this machine: ${shownValue(named ?? "")}`,
      { hint: "unset GCE_METADATA_HOST, or name a loopback address" },
    );
  }
  return url.origin;
}

async function identityToken(account: string, audience: string, context: WorkloadContext): Promise<string> {
  // format=full: the e-mail address becomes the session's name.
  const url = `${account}/identity?audience=${encodeURIComponent(audience)}&format=full`;
  return (await (await askServer(url, context)).text()).trim();
}

async function impersonatedToken(
  own: string,
  account: string,
  audience: string,
  context: WorkloadContext,
): Promise<string> {
  const accessUrl = `${own}/token`;
  const accessToken = await tokenMember(await askServer(accessUrl, context), "access_token", server, accessUrl);
  const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateIdToken`;
  const request: TokenRequest = {
    what: impersonation,
    url,
    init: {
      method: "POST",
      headers: {
        accept: "application/json",
        authorization: `Bearer ${accessToken}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ audience, includeEmail: true }),
    },
    transient,
    refused: (status) =>
      status === 404
        ? hint`check ${setting("service_account")} ${account}`
        : `enable that API, and grant this machine's account the role roles/iam.serviceAccountOpenIdTokenCreator on ${account}`,
  };
  return tokenMember(await requestToken(request, context), "token", impersonation, url);
}

async function askServer(url: string, context: WorkloadContext): Promise<Response> {
  const response = await requestToken(
    {
      what: server,
      url,
      init: { method: "GET", headers: { "metadata-flavor": "Google" } },
      transient,
      refused: (status) =>
        status === 404
          ? "attach a service account to the machine, or give the pod one with Workload Identity"
          : "check what the machine's service account may do",
      patienceMilliseconds,
    },
    { ...context, fetch: atBothAddresses(context.fetch) },
  );
  if (response.headers.get("metadata-flavor") !== "Google") {
    throw nonsense("it does not come from Google (no Metadata-Flavor)", server, url, response);
  }
  return response;
}
