export { formatConsoleUrl } from "./format-console-url.ts";
