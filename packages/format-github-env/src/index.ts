export { formatGithubEnv, setForLaterSteps } from "./format-github-env.ts";
export { fileEntries, workflowCommand } from "./workflow-commands.ts";
