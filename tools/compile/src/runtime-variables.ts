/**
 * Bun's runtime obeys variables before the first line of a program runs: `BUN_OPTIONS=--preload=…` runs other code in the
 * process that holds the keys, `BUN_INSPECT=…?wait=1` (set by an editor's extension) waits for a debugger for ever,
 * `BUN_BE_BUN=1` turns the binary into Bun, `BUN_JSC_logGC=1`, `BUN_CONFIG_MAX_HTTP_REQUESTS=0` and `MIMALLOC_VERBOSE=1` write to stderr, `JSC_SIGNAL_FOR_GC=0` ends the run. JavaScript is too late
 * for them and Bun has no switch, so the names are changed in the copy of the runtime that goes into a binary: no variable
 * that a shell can set has them any more. `process.env` and the environment of children stay as they are.
 *
 * docs/decisions/0003-flags-of-the-binary.md says what else was tried.
 */

/** Names that each build of the runtime holds exactly once. */
const requiredNames = [
  "BUN_OPTIONS",
  "BUN_BE_BUN",
  "BUN_INSPECT",
  "BUN_INSPECT_CONNECT_TO",
  "BUN_INSPECT_PRELOAD",
  "BUN_CONFIG_VERBOSE_FETCH",
  "NODE_CHANNEL_FD",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "WTF_numberOfProcessorCores",
] as const;

/** A byte in place of the first letter, which no shell takes in a name. */
const unnameable = 0x01;

/** For a build of Bun in which a variable is not found where it is looked for: a newer one, probably. */
export class UnknownRuntimeError extends Error {}

/**
 * Changes the names of the runtime's variables in a build of Bun, in place.
 *
 * @param runtime the bytes of Bun's executable
 * @param isArm64 which machine code it holds
 * @returns how many places were changed
 * @throws UnknownRuntimeError for a build that does not hold each of them exactly where it is looked for
 */
export function removeRuntimeVariables(runtime: Buffer, isArm64: boolean): number {
  // One byte is one character, so that positions are the same.
  const text = runtime.toString("latin1");
  const names = placesOf(
    text,
    /\0(?:BUN_\w+|NODE_CHANNEL_FD|NODE_TLS_REJECT_UNAUTHORIZED|WTF_numberOfProcessorCores|JSC_SIGNAL_FOR_GC)(?=\0)/g,
  );
  const found = names.map((at) => text.slice(at + 1, text.indexOf("\0", at + 1)));
  for (const name of requiredNames) {
    expectOne(name, found.filter((each) => each === name).length);
  }
  const unterminated = placesOf(text, withoutNul);
  expectOne("BUN_CONFIG_MAX_HTTP_REQUESTS", unterminated.length);
  const prefixes = placesOf(text, isArm64 ? prefixArm64 : prefixX64);
  expectOne("the test for BUN_JSC_", prefixes.length);
  const allocators = placesOf(text, isArm64 ? allocatorArm64 : allocatorX64);
  expectOne("the prefix MIMALLOC_", allocators.length);

  names.forEach((at) => runtime.writeUInt8(unnameable, at + 1));
  unterminated.forEach((at) => runtime.writeUInt8(unnameable, at));
  prefixes.forEach((at) => changePrefix(runtime, at, isArm64));
  allocators.forEach((at) => runtime.writeUInt8(unnameable, text.indexOf("mimalloc", at)));
  return names.length + unterminated.length + prefixes.length + allocators.length;
}

/** The one name that stands among texts without NULs; what follows is the message about its value. */
const withoutNul = /BUN_CONFIG_MAX_HTTP_REQUESTS(?! value)/g;

/*
 * `BUN_JSC_` stands nowhere as text. The compiler made a comparison of each letter out of it:
 *   x64    cmp byte [r], 'B'; jne …; cmp byte [r+1], 'U'; jne …; …
 *   arm64  ldrb w, [x]; cmp w, #'B'; b.ne …; …
 */
const letters = [...Buffer.from("BUN_JSC_")];
const hex = (byte: number) => `\\x${byte.toString(16).padStart(2, "0")}`;

const prefixX64 = new RegExp(
  letters
    .map((letter, index) =>
      index === 0
        ? `[\\x40-\\x4f]?\\x80[\\x38-\\x3f]${hex(letter)}`
        : `[\\x40-\\x4f]?\\x80[\\x78-\\x7f]${hex(index)}${hex(letter)}`,
    )
    .join("(?:\\x75[^]|\\x0f\\x85[^]{4})"),
  "g",
);

/** `cmp w, #letter`, in the order of its bytes. */
const comparison = (letter: number) => {
  const low = (letter & 0x3f) << 2;
  return `[\\x1f\\x3f\\x5f\\x7f\\x9f\\xbf\\xdf\\xff][${hex(low)}-${hex(low + 3)}]${hex(letter >> 6)}\\x71`;
};
const prefixArm64 = new RegExp(letters.map(comparison).join("(?:[^]{4}){0,4}?"), "g");

/** The name of the allocator's variables is put together from this; compared without regard to case. */
const allocatorX64 = /[\x48\x49][\xb8-\xbf]mimalloc/g;
// oxlint-disable-next-line no-control-regex
const allocatorArm64 = /mimalloc(?=[\x01-\x1f\x7f-\xff])/g;

/** The first letter becomes a number that no letter is. */
function changePrefix(runtime: Buffer, at: number, isArm64: boolean): void {
  if (isArm64) {
    // The constant has twelve bits here.
    runtime.writeUInt8(runtime.readUInt8(at + 2) | 0x04, at + 2);
    return;
  }
  // Behind the instruction's code and its register.
  runtime.writeUInt8(unnameable, runtime.indexOf(0x80, at) + 2);
}

function placesOf(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map(({ index }) => index);
}

function expectOne(what: string, count: number): void {
  if (count !== 1) {
    throw new UnknownRuntimeError(`${what} is there ${count} times in this Bun, not once`);
  }
}
