/** A process of Windows, as the system lists it. */
export interface WindowsProcess {
  readonly pid: number;
  readonly parent: number;
  /** The file name of its program: `pwsh.exe`. */
  readonly name: string;
}

/**
 * The part of Bun that is used here, which `bun:ffi` wraps: a declaration of that module would be a second one beside that of the
 * command line.
 */
declare const Bun: {
  readonly FFI?: {
    dlopen(
      library: string,
      functions: Readonly<Record<keyof Kernel, { readonly args: readonly number[]; readonly returns: number }>>,
    ): Error | { readonly symbols: Kernel };
  };
};

/** Of kernel32.dll. A pointer is the bytes that it points to. */
interface Kernel {
  CreateToolhelp32Snapshot(flags: number, pid: number): number | bigint | null;
  Process32FirstW(snapshot: number | bigint, entry: Uint8Array): number;
  Process32NextW(snapshot: number | bigint, entry: Uint8Array): number;
  CloseHandle(handle: number | bigint): number;
}

// Kinds of values, as Bun numbers them.
const int = 5;
const unsigned64 = 8;
const pointer = 12;

/** TH32CS_SNAPPROCESS. */
const ofProcesses = 0x2;
/** INVALID_HANDLE_VALUE, as an unsigned number. */
const invalidHandle = 0xffff_ffff_ffff_ffffn;

/**
 * PROCESSENTRY32W on 64 bits: size, usage, pid, (padding), heap, module, threads, parent, priority, flags, and the name in UTF-16,
 * up to a NUL.
 *
 * @see https://learn.microsoft.com/windows/win32/api/tlhelp32/ns-tlhelp32-processentry32w
 */
const entryBytes = 568;
const pidAt = 8;
const parentAt = 32;
const nameAt = 44;
const nameUnits = 260;

/** More than any machine runs. */
const maxProcesses = 65_536;

/**
 * All processes, where the runtime can call functions of the system: Bun. Node has none, and a program that lists them takes
 * half a second to start.
 *
 * @returns Empty where they cannot be listed.
 */
export function windowsProcesses(): readonly WindowsProcess[] {
  const kernel = loadKernel();
  const snapshot = kernel?.CreateToolhelp32Snapshot(ofProcesses, 0);
  if (kernel === undefined || snapshot === undefined || snapshot === null || BigInt(snapshot) === invalidHandle) {
    return [];
  }
  try {
    const found: WindowsProcess[] = [];
    const entry = new Uint8Array(entryBytes);
    new DataView(entry.buffer).setUint32(0, entryBytes, true);
    let isThere = kernel.Process32FirstW(snapshot, entry) !== 0;
    while (isThere && found.length < maxProcesses) {
      found.push(readProcessEntry(entry));
      isThere = kernel.Process32NextW(snapshot, entry) !== 0;
    }
    return found;
  } finally {
    kernel.CloseHandle(snapshot);
  }
}

/** What a PROCESSENTRY32W says. */
export function readProcessEntry(entry: Uint8Array): WindowsProcess {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  const units = Array.from({ length: nameUnits }, (_, index) => view.getUint16(nameAt + 2 * index, true));
  const end = units.indexOf(0);
  return {
    pid: view.getUint32(pidAt, true),
    parent: view.getUint32(parentAt, true),
    name: String.fromCharCode(...units.slice(0, end === -1 ? nameUnits : end)),
  };
}

function loadKernel(): Kernel | undefined {
  if (typeof Bun === "undefined" || Bun.FFI === undefined) {
    return undefined;
  }
  const handle = { args: [unsigned64], returns: int };
  const step = { args: [unsigned64, pointer], returns: int };
  try {
    const library = Bun.FFI.dlopen("kernel32.dll", {
      CreateToolhelp32Snapshot: { args: [int, int], returns: unsigned64 },
      Process32FirstW: step,
      Process32NextW: step,
      CloseHandle: handle,
    });
    return library instanceof Error ? undefined : library.symbols;
  } catch {
    return undefined;
  }
}
