import type { Machine } from "@tegata/core";
import * as v from "valibot";
import { type CarriedToken, chooseToken, tokensIn } from "./carried-tokens.ts";
import { awsAudience, type TokenSettings, tokenSettings, tokenVariableSchema } from "./settings.ts";
import { issuerLike, issuerRule } from "./token-rules.ts";
import { definePlatform, handedOutToken, tokenMissing } from "./token-source.ts";

const untagged = "TFC_WORKLOAD_IDENTITY_TOKEN";
const usualAudience = "aws.workload.identity";

/**
 * HCP Terraform and Terraform Enterprise: a workspace with an audience gives each plan and apply a token, and a further one
 * for each audience with a tag. A tag (`TFC_WORKLOAD_IDENTITY_TOKEN_VAULT`) says for whom that one is: it is taken when the
 * tag is AWS's or when a person names its audience, and only if the audience fits.
 *
 * @see https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/manual-generation
 */
export const hcpTerraform = definePlatform({
  name: "hcp-terraform",
  title: "HCP Terraform",
  summary: "HCP Terraform, by the run's token",
  settings: v.strictObject({ ...tokenSettings, token_variable: v.optional(tokenVariableSchema) }),
  find: async (settings, machine) => {
    if (machine.variable("TFC_RUN_ID") === undefined && machine.variable(untagged) === undefined) {
      return undefined;
    }
    const { name, token } =
      settings.token_variable === undefined
        ? chooseAmongAll(settings, machine)
        : tokenNamed(settings.token_variable, machine);
    const hints = {
      notAToken: `leave ${name} as HCP Terraform sets it`,
      audience: `correct ${name.replace("_TOKEN", "_AUDIENCE")} in the workspace`,
      anyAudience: true,
      expired: "a token lasts as long as a plan or an apply may: start the run again",
    };
    return handedOutToken(token, {
      issuer: issuerRule(settings, issuerLike("https://app.terraform.io", /^https:\/\/app(?:\.eu)?\.terraform\.io$/)),
      audience: settings.audience,
      hints,
    });
  },
});

function tokenNamed(name: string, machine: Machine): CarriedToken {
  const [token] = tokensIn([name], machine);
  if (token === undefined) {
    throw tokenMissing(`this run of HCP Terraform has no ID token in ${name}`, setAudience(usualAudience));
  }
  return token;
}

function chooseAmongAll({ audience }: TokenSettings, machine: Machine): CarriedToken {
  const tagged = tokensIn(
    machine
      .variableNames()
      .filter((name) => name.startsWith(`${untagged}_`))
      .toSorted(),
    machine,
  );
  const isForeign = ({ name }: CarriedToken) => audience === undefined && !/_AWS(?:_|$)/.test(name);
  return chooseToken({
    platform: "HCP Terraform",
    named: tokensIn([untagged], machine),
    byAudience: tagged.filter((each) => !isForeign(each)),
    foreign: tagged.filter(isForeign),
    audience,
    usual: [usualAudience, awsAudience],
    addToken: setAudience(audience ?? usualAudience),
    lookedFor: [untagged],
  });
}

function setAudience(audience: string): string {
  return `set the environment variable TFC_WORKLOAD_IDENTITY_AUDIENCE = ${audience} in the workspace`;
}
