/** The part of `bun:ffi` that is used here: Bun's own types would bring its globals into every file. */
declare module "bun:ffi" {
  export const FFIType: { readonly ptr: number; readonly int: number; readonly u64: number };
  export function dlopen<Name extends string>(
    path: string,
    functions: Readonly<Record<Name, { readonly args: readonly number[]; readonly returns: number }>>,
  ): { readonly symbols: Readonly<Record<Name, (...args: readonly number[]) => number | null>> };
  export function ptr(view: NodeJS.ArrayBufferView): number;
  export const read: { i32(address: number, offset: number): number };
}
