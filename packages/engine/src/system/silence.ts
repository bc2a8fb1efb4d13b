/**
 * Node and Bun write to stderr by themselves, and a success has to be silent there: warnings (of `NODE_TLS_REJECT_UNAUTHORIZED=0`,
 * `NODE_PENDING_DEPRECATION=1`, of the AWS SDK about old versions of Node), and what `NODE_DEBUG` asks for, with the addresses of
 * requests. tegata's own words do not go through `process.stderr`.
 *
 * Only for tegata's own process. What Node writes before a program's first line is out of reach.
 */
export function silenceRuntime(): void {
  // Bun writes them itself, on Node a listener does.
  process.emitWarning = () => undefined;
  process.removeAllListeners("warning");
  if ((process.env["NODE_DEBUG"] ?? "") !== "" && !("Bun" in globalThis)) {
    process.stderr.write = () => true;
  }
}
