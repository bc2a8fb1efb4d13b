import * as v from "valibot";
import { awsAudience, tokenSettings } from "./settings.ts";
import { endpointIn, requestToken, tokenMember } from "./token-request.ts";
import { issuerRule, oneIssuer } from "./token-rules.ts";
import { definePlatform, tokenMissing } from "./token-source.ts";

const what = "the agent API of Buildkite";
const keep =
  "let the step keep BUILDKITE_AGENT_ACCESS_TOKEN, BUILDKITE_AGENT_ENDPOINT and BUILDKITE_JOB_ID, also in its container (docker plugin: propagate-environment: true)";

/**
 * Buildkite, by the request that `buildkite-agent oidc request-token` makes: there is no program to find in a container, and
 * no socket that it needs to redact its own output.
 *
 * @see https://buildkite.com/docs/pipelines/security/oidc/aws
 */
export const buildkite = definePlatform({
  name: "buildkite",
  title: "Buildkite",
  summary: "Buildkite, by a token that the job asks for",
  settings: v.strictObject(tokenSettings),
  find: async (settings, machine) => {
    if (machine.variable("BUILDKITE") === undefined) {
      return undefined;
    }
    const job = machine.variable("BUILDKITE_JOB_ID");
    const accessToken = machine.variable("BUILDKITE_AGENT_ACCESS_TOKEN");
    if (job === undefined || accessToken === undefined) {
      const name = job === undefined ? "BUILDKITE_JOB_ID" : "BUILDKITE_AGENT_ACCESS_TOKEN";
      throw tokenMissing(`this job of Buildkite cannot ask for an ID token: ${name} is not set`, keep);
    }
    const endpoint = endpointIn(
      "BUILDKITE_AGENT_ENDPOINT",
      machine.variable("BUILDKITE_AGENT_ENDPOINT") ?? "https://agent.buildkite.com/v3",
    ).href.replace(/\/$/, "");
    const audience = settings.audience ?? awsAudience;
    return {
      traits: [endpoint, job],
      issuer: issuerRule(settings, oneIssuer("https://agent.buildkite.com")),
      audience,
      hints: {
        notAToken: "something else than Buildkite answers at BUILDKITE_AGENT_ENDPOINT",
        audience: "something else than Buildkite answers at BUILDKITE_AGENT_ENDPOINT",
        expired: "check the clock of the agent's machine",
      },
      token: async (context) => {
        const url = `${endpoint}/jobs/${encodeURIComponent(job)}/oidc/tokens`;
        const response = await requestToken(
          {
            what,
            url,
            init: {
              method: "POST",
              headers: {
                accept: "application/json",
                authorization: `Token ${accessToken}`,
                "content-type": "application/json",
              },
              body: JSON.stringify({ audience }),
            },
            transient: [429, 500, 502, 503, 504],
            refused: () => `${keep}; the access token ends with the job`,
          },
          context,
        );
        return tokenMember(response, "token", what, url);
      },
    };
  },
});
