import type { Machine } from "@tegata/core";
import * as v from "valibot";
import { type CarriedToken, chooseToken, claimsOf, tokensIn, tokensOfIssuer } from "./carried-tokens.ts";
import { awsAudience, type TokenSettings, tokenSettings, tokenVariableSchema } from "./settings.ts";
import { maxFileBytes } from "./token-file.ts";
import { type IssuerRule, issuerRule, oneIssuer } from "./token-rules.ts";
import { definePlatform, handedOutToken, tokenMissing } from "./token-source.ts";

const addIdTokens = "add id_tokens: GITLAB_OIDC_TOKEN: aud: sts.amazonaws.com to the job";
const documentedName = "GITLAB_OIDC_TOKEN";

/**
 * GitLab CI: the job's `id_tokens:` put tokens into variables of the author's choice. A job may have tokens for others,
 * such as a vault: the one whose audience fits is taken, wherever it is, unless its name says that it is for somebody else.
 *
 * The token lasts as long as the job may run and is never replaced.
 *
 * @see https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export const gitlab = definePlatform({
  name: "gitlab",
  title: "GitLab CI",
  summary: "GitLab CI, by a token of the job's id_tokens",
  settings: v.strictObject({ ...tokenSettings, token_variable: v.optional(tokenVariableSchema) }),
  find: async (settings, machine) => {
    if (machine.variable("GITLAB_CI") === undefined) {
      return undefined;
    }
    const issuer = issuerRule(settings, oneIssuer(machine.variable("CI_SERVER_URL") ?? "https://gitlab.com"));
    const { name, token } =
      settings.token_variable === undefined
        ? await chooseAmongAll(settings, issuer, machine)
        : tokenNamed(settings.token_variable, machine);
    const hints = {
      notAToken: `check what the variable ${name} holds, or ${addIdTokens}`,
      audience: `correct aud: of ${name} in the job's id_tokens:, one audience and no list`,
      anyAudience: true,
      expired: "a token of GitLab ends with the job's timeout: raise timeout: of the job",
    };
    return handedOutToken(token, { issuer, audience: settings.audience, hints });
  },
});

function tokenNamed(name: string, machine: Machine): CarriedToken {
  const [token] = tokensIn([name], machine);
  if (token === undefined) {
    throw tokenMissing(
      `this job of GitLab CI has no ID token in ${name}`,
      `add id_tokens: ${name}: aud: sts.amazonaws.com to the job`,
    );
  }
  return token;
}

async function chooseAmongAll(
  { audience }: TokenSettings,
  issuer: IssuerRule,
  machine: Machine,
): Promise<CarriedToken> {
  const lookedFor = [documentedName, nameOfTokenFor(audience ?? awsAudience)];
  const named = tokensIn(lookedFor, machine);
  const others = tokensOfIssuer(issuer, machine).filter(({ name }) => !lookedFor.includes(name));
  // Who names an audience names the token.
  const isForeign = ({ name }: CarriedToken) => audience === undefined && isNamedForOthers(name);
  return chooseToken({
    platform: "GitLab CI",
    named,
    byAudience: [...others.filter((each) => !isForeign(each)), ...(await tokenForSdks(issuer, machine))],
    foreign: others.filter(isForeign),
    audience,
    // GitLab's own guide for AWS has the URL of the instance.
    usual: [awsAudience, issuer.documented],
    addToken: addIdTokens,
    lookedFor,
  });
}

/**
 * The token that the job itself has put into a file for the SDKs. The file can also be that of the pod in which the runner is: its
 * token has another issuer, and is another identity.
 */
async function tokenForSdks(issuer: IssuerRule, machine: Machine): Promise<readonly CarriedToken[]> {
  const variable = "AWS_WEB_IDENTITY_TOKEN_FILE";
  const file = machine.variable(variable);
  const text = file === undefined ? undefined : await machine.readFile(file, maxFileBytes).catch(() => undefined);
  const token = text?.trim() ?? "";
  const claims = claimsOf(token);
  return claims !== undefined && issuer.matches(claims.iss) ? [{ name: `the file of ${variable}`, token, claims }] : [];
}

/** By the convention of the sigstore clients: `STS_AMAZONAWS_COM_ID_TOKEN`. */
function nameOfTokenFor(audience: string): string {
  return `${audience.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_ID_TOKEN`;
}

/** By the same convention `VAULT_ID_TOKEN` is for a vault; the variables of GitLab itself (`CI_JOB_JWT`) are for GitLab. */
function isNamedForOthers(name: string): boolean {
  return name.startsWith("CI_") || (name.endsWith("_ID_TOKEN") && !/(?:^|_)(?:AWS|STS)_/.test(name));
}
