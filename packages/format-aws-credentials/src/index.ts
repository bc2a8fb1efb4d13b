export { formatAwsCredentials } from "./format-aws-credentials.ts";
