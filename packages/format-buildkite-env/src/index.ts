export { formatBuildkiteEnv } from "./format-buildkite-env.ts";
