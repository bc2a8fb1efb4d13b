/** The door of the system: what a program of ours needs of the machine besides what the engine does with it. */

/** Descriptor 1, written to its end. */
export { outputFailed, writeBytes } from "./write-stdout.ts";

/** Files: why one could not be used, where `~` is, and how one is opened without waiting. */
export { fileErrorCode, fileErrorReason } from "../files/file-errors.ts";
export { expandHome } from "../files/home-path.ts";
export { openToRead } from "../files/open-file.ts";

/** Whether a page that is opened here appears before a person. */
export { hasDesktop, namesBrowser } from "./desktop.ts";

/** For children: signals that this process was told to ignore, variables that load code. */
export { ignoredSignals } from "./ignored-signals.ts";
export { codeLoadingVariables } from "./code-loading-variables.ts";

/** The files of the AWS command line, to be read. */
export { type FoundAwsFile, awsFileVariables, readAwsFiles } from "./aws-files.ts";
/** What AWS clients take before they ask this program. */
export { outrankingKeys } from "./outranking-keys.ts";

/** What runs this program. */
export { runtimeName } from "./runtime-name.ts";
