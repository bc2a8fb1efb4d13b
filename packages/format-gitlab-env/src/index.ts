export { formatGitlabEnv } from "./format-gitlab-env.ts";
