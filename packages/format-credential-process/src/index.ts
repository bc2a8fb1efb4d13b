export { formatCredentialProcess } from "./format-credential-process.ts";
