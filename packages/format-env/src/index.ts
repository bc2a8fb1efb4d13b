export { formatEnv } from "./format-env.ts";
