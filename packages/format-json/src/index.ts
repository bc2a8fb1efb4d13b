export { formatJson } from "./format-json.ts";
