export { formatGithubEnv } from "./format-github-env.ts";
export { fileEntries, workflowCommand } from "./workflow-commands.ts";
