import { hint, setting } from "@tegata/core";
import * as v from "valibot";
import { serviceConnectionIdSchema, tokenSettings } from "./settings.ts";
import { endpointIn, requestToken, tokenMember } from "./token-request.ts";
import { issuerLike, issuerRule } from "./token-rules.ts";
import { definePlatform, tokenMissing } from "./token-source.ts";

const what = "the token endpoint of Azure Pipelines";
const mapIt = "map it into the step: env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)";

/**
 * Azure Pipelines. The audience is `api://AzureADTokenExchange`, and nothing else.
 *
 * @see https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
 */
export const azureDevops = definePlatform({
  name: "azure-devops",
  title: "Azure Pipelines",
  summary: "Azure Pipelines, by a token that the job asks for",
  settings: v.strictObject({ ...tokenSettings, service_connection_id: v.optional(serviceConnectionIdSchema) }),
  find: async (settings, machine) => {
    if (machine.variable("TF_BUILD") === undefined) {
      return undefined;
    }
    const requestUri = machine.variable("SYSTEM_OIDCREQUESTURI");
    const accessToken = machine.variable("SYSTEM_ACCESSTOKEN");
    if (requestUri === undefined) {
      throw tokenMissing(
        "this job of Azure Pipelines cannot ask for an ID token: SYSTEM_OIDCREQUESTURI is not set",
        "update the agent, and leave SYSTEM_OIDCREQUESTURI as it sets it, also in a container",
      );
    }
    if (accessToken === undefined) {
      throw tokenMissing(
        "this step of Azure Pipelines cannot ask for an ID token: SYSTEM_ACCESSTOKEN is not set",
        mapIt,
      );
    }
    const url = endpointIn("SYSTEM_OIDCREQUESTURI", requestUri);
    url.searchParams.set("api-version", "7.1");
    const connection = settings.service_connection_id;
    if (connection !== undefined) {
      url.searchParams.set("serviceConnectionId", connection);
    }
    return {
      // The URI holds the ids of the plan and of the job.
      traits: [url.href],
      issuer: issuerRule(
        settings,
        issuerLike(
          "https://vstoken.dev.azure.com/…",
          /^https:\/\/(?:vstoken\.dev\.azure\.com\/[\w-]+|login\.microsoftonline\.com\/[\w-]+\/v2\.0)$/,
        ),
      ),
      audience: settings.audience,
      hints: {
        notAToken: "something else than Azure Pipelines answers at SYSTEM_OIDCREQUESTURI",
        audience: hint`leave ${setting("audience")} out: Azure Pipelines gives tokens for api://AzureADTokenExchange alone`,
        expired: "check the clock of the agent's machine",
      },
      token: async (context) => {
        const response = await requestToken(
          {
            what,
            url: url.href,
            init: {
              method: "POST",
              headers: {
                accept: "application/json",
                authorization: `Bearer ${accessToken}`,
                "content-type": "application/json",
                // Without it a token that is not taken is answered by the redirect to a sign-in page.
                "x-tfs-fedauthredirect": "Suppress",
              },
              body: "{}",
            },
            transient: [408, 500, 502, 503, 504],
            refused: (status) =>
              connection !== undefined && [400, 403, 404].includes(status)
                ? hint`check ${setting("service_connection_id")} ${connection}, and that this pipeline may use that service connection`
                : `${mapIt}; it ends with the job`,
          },
          context,
        );
        return tokenMember(response, "oidcToken", what, url.href);
      },
    };
  },
});
