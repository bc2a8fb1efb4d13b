/**
 * Variables by which other code runs in a program than the one that was named: Bun's turn a program that Bun has compiled into
 * Bun itself, hand it to a debugger or run another file first; the loader's load a library into every program.
 */
const ofBun = /^(?:BUN_BE_BUN|BUN_OPTIONS|BUN_INSPECT(?:_\w+)?)$/;
const ofLoader = /^(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)$/;

interface CodeLoadingVariables {
  readonly ofBun: readonly string[];
  readonly ofLoader: readonly string[];
}

/** Those of an environment, empty ones as well. */
export function codeLoadingVariables(env: Readonly<Record<string, string | undefined>>): CodeLoadingVariables {
  const names = Object.keys(env);
  return { ofBun: names.filter((name) => ofBun.test(name)), ofLoader: names.filter((name) => ofLoader.test(name)) };
}
