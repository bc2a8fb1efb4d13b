/** Terraform, CloudFormation, CDK and CLI text that sets up IAM and an identity provider for tegata. */
// oxlint-disable-next-line unicorn/require-module-specifiers -- its files are not here yet
export {};
