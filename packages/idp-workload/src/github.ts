import type { Machine } from "@tegata/core";
import * as v from "valibot";
import { awsAudience, tokenSettings } from "./settings.ts";
import { endpointIn, requestToken, tokenMember } from "./token-request.ts";
import { type IssuerRule, issuerRule } from "./token-rules.ts";
import { definePlatform, tokenMissing } from "./token-source.ts";

const what = "the token endpoint of GitHub Actions";
const permission = "give the job permissions: id-token: write (in Forgejo: enable-openid-connect: true)";

/**
 * GitHub Actions, on github.com, with data residency and on an Enterprise Server. A token lives for five minutes.
 *
 * @see https://docs.github.com/actions/reference/security/oidc
 */
export const github = definePlatform({
  name: "github",
  title: "GitHub Actions",
  summary: "GitHub Actions, by a token that the job asks for",
  settings: v.strictObject(tokenSettings),
  find: async (settings, machine) => {
    if (machine.variable("GITHUB_ACTIONS") === undefined) {
      return undefined;
    }
    const url = machine.variable("ACTIONS_ID_TOKEN_REQUEST_URL");
    const bearer = machine.variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    if (url === undefined || bearer === undefined) {
      const name = url === undefined ? "ACTIONS_ID_TOKEN_REQUEST_URL" : "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
      throw tokenMissing(
        `this job of GitHub Actions may not ask for an ID token: ${name} is not set`,
        `${permission}; a pull request from a fork gets none, and a container must be given both ACTIONS_ID_TOKEN_REQUEST_ variables`,
      );
    }
    endpointIn("ACTIONS_ID_TOKEN_REQUEST_URL", url);
    const audience = settings.audience ?? awsAudience;
    return {
      // The request token is the job's own, and nothing else tells the jobs of a matrix apart everywhere.
      traits: [machine.variable("GITHUB_SERVER_URL"), machine.variable("GITHUB_REPOSITORY"), bearer],
      issuer: issuerRule(settings, issuerOf(machine)),
      audience,
      hints: {
        notAToken: "something else than GitHub answers at ACTIONS_ID_TOKEN_REQUEST_URL",
        audience: "something else than GitHub answers at ACTIONS_ID_TOKEN_REQUEST_URL",
        expired: "check the clock of the runner",
      },
      token: async (context) => {
        // As GitHub's own toolkit: the URL comes with a query.
        const asked = `${url}${url.includes("?") ? "&" : "?"}audience=${encodeURIComponent(audience)}`;
        const response = await requestToken(
          {
            what,
            url: asked,
            init: { method: "GET", headers: { accept: "application/json", authorization: `Bearer ${bearer}` } },
            transient: [500, 502, 503, 504],
            refused: (status) =>
              status === 401 || status === 403
                ? `${permission}; the request token ends with the job`
                : "check that ACTIONS_ID_TOKEN_REQUEST_URL is as the runner set it",
          },
          context,
        );
        return tokenMember(response, "value", what, asked);
      },
    };
  },
});

/**
 * `https://token.actions.githubusercontent.com`, `https://token.actions.SUBDOMAIN.ghe.com`, both with an enterprise's slug
 * behind them where it has its own issuer, and `https://HOST/_services/token` of an Enterprise Server.
 */
function issuerOf(machine: Machine): IssuerRule {
  const { host, origin } = endpointIn(
    "GITHUB_SERVER_URL",
    machine.variable("GITHUB_SERVER_URL") ?? "https://github.com",
  );
  if (host !== "github.com" && !host.endsWith(".ghe.com")) {
    const documented = `${origin}/_services/token`;
    return { documented, matches: (issuer) => issuer === documented };
  }
  const documented = `https://token.actions.${host === "github.com" ? "githubusercontent.com" : host}`;
  return {
    documented,
    matches: (issuer) => issuer.startsWith(documented) && /^(?:\/[\w-]+)?$/.test(issuer.slice(documented.length)),
  };
}
