export { formatDockerEnv } from "./format-docker-env.ts";
