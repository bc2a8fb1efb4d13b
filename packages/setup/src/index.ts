/** Terraform, CloudFormation, CDK and CLI text that sets up IAM and an identity provider for tegata. */
export {};
