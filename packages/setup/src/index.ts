/** Terraform, CloudFormation, CDK and CLI text that sets up IAM and an identity provider for tegata. */
export { setupTargets, type SetupTarget } from "./targets.ts";
export { hostAndPath, type IamSide, type IamProvider } from "./iam/iam-side.ts";
export { iamSideOf, type IamRequest } from "./iam/iam-request.ts";
export { ciPlatforms } from "./iam/ci-platforms.ts";
export { ciFlags, type CiFlag, type CiPlatform } from "./iam/ci-platform.ts";
export type { People } from "./iam/people.ts";
export { trustPolicyOf, type Trust, type TrustStatement, type Condition } from "./iam/trust-policy.ts";
export type { ProviderClient } from "./provider/provider-client.ts";
export { groupClaimOf, type GroupClaim } from "./groups.ts";
export { plainText } from "./refuse.ts";
export { json } from "./text/json.ts";
export { printTree } from "./text/tree.ts";
