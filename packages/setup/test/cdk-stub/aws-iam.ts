import { record, type Stack } from "./index.ts";

export class CfnOIDCProvider {
  readonly ref = "PROVIDER";

  constructor(
    _scope: Stack,
    id: string,
    props: { readonly url?: string; readonly clientIdList?: string[]; readonly thumbprintList?: string[] },
  ) {
    record({ type: "Provider", id, props });
  }
}

export class CfnRole {
  readonly attrArn = "ROLE";

  constructor(
    _scope: Stack,
    id: string,
    props: {
      readonly assumeRolePolicyDocument: unknown;
      readonly roleName?: string;
      readonly path?: string;
      readonly maxSessionDuration?: number;
      readonly managedPolicyArns?: string[];
    },
  ) {
    record({ type: "Role", id, props });
  }
}
