export { formatAzureDevopsEnv } from "./format-azure-devops-env.ts";
