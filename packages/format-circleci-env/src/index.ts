export { formatCircleciEnv } from "./format-circleci-env.ts";
