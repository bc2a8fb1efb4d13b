import { awsCli } from "./iam/aws-cli.ts";
import { cdk } from "./iam/cdk.ts";
import { cloudFormation } from "./iam/cloudformation.ts";
import type { IamSide } from "./iam/iam-side.ts";
import { terraform } from "./iam/terraform.ts";
import type { ProviderClient } from "./provider/provider-client.ts";
import { auth0Cli, auth0Terraform } from "./provider/auth0.ts";
import { entraCli, entraTerraform } from "./provider/entra.ts";
import { google } from "./provider/google.ts";
import { keycloak } from "./provider/keycloak.ts";
import { oktaTerraform } from "./provider/okta.ts";

/** A form in which one of the two sides can be printed. */
export type SetupTarget =
  | {
      readonly id: string;
      readonly side: "iam";
      /** One line for lists: lower case or a name, no full stop. */
      readonly summary: string;
      readonly render: (facts: IamSide) => string;
    }
  | {
      readonly id: string;
      readonly side: "provider";
      /** The id of the plugin for this identity provider. */
      readonly idp: string;
      readonly summary: string;
      /** @throws TegataError `usage_invalid` for what this provider cannot do */
      readonly render: (facts: ProviderClient) => string;
    };

/** Every form there is, in the order of lists. */
export const setupTargets: readonly SetupTarget[] = [
  {
    id: "terraform",
    side: "iam",
    summary: "Terraform and OpenTofu: IAM provider, role, trust policy",
    render: terraform,
  },
  {
    id: "cloudformation",
    side: "iam",
    summary: "a CloudFormation template; for several accounts, a stack set",
    render: cloudFormation,
  },
  { id: "aws-cli", side: "iam", summary: "a script that calls the AWS CLI", render: awsCli },
  { id: "cdk", side: "iam", summary: "an app of the CDK in TypeScript", render: cdk },
  {
    id: "auth0-cli",
    side: "provider",
    idp: "auth0",
    summary: "Auth0: a native client, by the Auth0 CLI",
    render: auth0Cli,
  },
  {
    id: "auth0-terraform",
    side: "provider",
    idp: "auth0",
    summary: "Auth0: the same in Terraform",
    render: auth0Terraform,
  },
  {
    id: "okta-terraform",
    side: "provider",
    idp: "okta",
    summary: "Okta: a native app, in Terraform",
    render: oktaTerraform,
  },
  {
    id: "entra-terraform",
    side: "provider",
    idp: "entra",
    summary: "Microsoft Entra ID: a public client, in Terraform",
    render: entraTerraform,
  },
  {
    id: "entra-cli",
    side: "provider",
    idp: "entra",
    summary: "Microsoft Entra ID: the same by the Azure CLI",
    render: entraCli,
  },
  { id: "keycloak", side: "provider", idp: "oidc", summary: "Keycloak: a public client, by kcadm", render: keycloak },
  {
    id: "google",
    side: "provider",
    idp: "google",
    summary: "Google: a checklist, as its clients have no API",
    render: google,
  },
];
