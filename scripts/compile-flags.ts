/** How every binary here is compiled: the product and the empty one that it is measured against. */
export const compileFlags = [
  "--compile",
  "--format=esm",
  // A dynamic import() stays one: what a run does not need is not loaded.
  "--splitting",
  "--bytecode",
  "--minify",
  // Whoever controls the folder that the binary is started in must not run code in it.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--no-compile-autoload-tsconfig",
  "--no-compile-autoload-package-json",
  "--conditions=@tegata/source",
  // For Node only (apps/cli/src/runtime/fetch-node.ts): never reached in this binary.
  "--external=undici",
] as const;
