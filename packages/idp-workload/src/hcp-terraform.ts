import * as v from "valibot";
import { tokenSettings, tokenVariableSchema } from "./settings.ts";
import { issuerLike, issuerRule } from "./token-rules.ts";
import { definePlace, givenToken, tokenMissing } from "./token-source.ts";

/**
 * HCP Terraform and Terraform Enterprise: a workspace with an audience gives each plan and apply a token. One with a tag
 * (`TFC_WORKLOAD_IDENTITY_TOKEN_VAULT`) is for somebody else, unless it is named.
 *
 * @see https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/manual-generation
 */
export const hcpTerraform = definePlace({
  name: "hcp-terraform",
  place: "HCP Terraform",
  summary: "HCP Terraform, by the run's token",
  settings: v.strictObject({ ...tokenSettings, token_variable: v.optional(tokenVariableSchema) }),
  find: async (settings, machine) => {
    const name = settings.token_variable ?? "TFC_WORKLOAD_IDENTITY_TOKEN";
    const token = machine.variable(name);
    if (machine.variable("TFC_RUN_ID") === undefined && machine.variable("TFC_WORKLOAD_IDENTITY_TOKEN") === undefined) {
      return undefined;
    }
    if (token === undefined) {
      throw tokenMissing(
        `this run of HCP Terraform has no ID token in ${name}`,
        "set the environment variable TFC_WORKLOAD_IDENTITY_AUDIENCE = aws.workload.identity in the workspace",
      );
    }
    const hints = {
      notAToken: `leave ${name} as HCP Terraform sets it`,
      audience: "correct TFC_WORKLOAD_IDENTITY_AUDIENCE in the workspace, or --audience",
      expired: "a token lasts as long as a plan or an apply may: start the run again",
    };
    return givenToken(token, {
      issuer: issuerRule(settings, issuerLike("https://app.terraform.io", /^https:\/\/app(?:\.eu)?\.terraform\.io$/)),
      audience: settings.audience,
      hints,
    });
  },
});
