import * as v from "valibot";
import { awsAudience, tokenSettings, tokenVariableSchema } from "./settings.ts";
import { issuerRule, oneIssuer } from "./token-rules.ts";
import { definePlace, givenToken, tokenMissing } from "./token-source.ts";

const addIdTokens = "add id_tokens: GITLAB_OIDC_TOKEN: aud: sts.amazonaws.com to the job";
const nameIt = "or name the variable of its id_tokens: with --token-variable";

/**
 * GitLab CI: the job's `id_tokens:` put tokens into variables of the author's choice. A job may have tokens for others,
 * such as a vault: only one that is named so, or whose name says that it is for AWS, is taken.
 *
 * The token lasts as long as the job may run and is never replaced.
 *
 * @see https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export const gitlab = definePlace({
  name: "gitlab",
  place: "GitLab CI",
  summary: "GitLab CI, by a token of the job's id_tokens",
  settings: v.strictObject({ ...tokenSettings, token_variable: v.optional(tokenVariableSchema) }),
  find: async (settings, machine) => {
    if (machine.variable("GITLAB_CI") === undefined) {
      return undefined;
    }
    const names =
      settings.token_variable === undefined
        ? ["GITLAB_OIDC_TOKEN", nameOfTokenFor(settings.audience ?? awsAudience)]
        : [settings.token_variable];
    const name = names.find((each) => machine.variable(each) !== undefined);
    const token = name === undefined ? undefined : machine.variable(name);
    if (name === undefined || token === undefined) {
      throw tokenMissing(`this job of GitLab CI has no ID token in ${names.join(" or ")}`, `${addIdTokens}, ${nameIt}`);
    }
    const hints = {
      notAToken: `check what the variable ${name} holds: ${addIdTokens}, ${nameIt}`,
      audience: `correct aud: of ${name} in the job's id_tokens:, one audience and no list, or --audience`,
      expired: "a token of GitLab ends with the job's timeout: raise timeout: of the job",
    };
    return givenToken(token, {
      issuer: issuerRule(settings, oneIssuer(machine.variable("CI_SERVER_URL") ?? "https://gitlab.com")),
      audience: settings.audience,
      hints,
    });
  },
});

/** By the convention of the sigstore clients: `STS_AMAZONAWS_COM_ID_TOKEN`. */
function nameOfTokenFor(audience: string): string {
  return `${audience.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_ID_TOKEN`;
}
