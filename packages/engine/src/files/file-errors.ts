/** The operating system's own code of a failed file operation (`ENOENT`); `undefined` for any other kind of error. */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** True when nothing is there: not even below a home of `/dev/null`, as many a service has it. */
export function isAbsence(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(fileErrorCode(error) ?? "");
}

const words = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "no space is left on the disk"],
  ["EDQUOT", "the disk quota is used up"],
  ["ENOENT", "no such file or folder"],
  ["ENOTDIR", "a part of the path is not a folder"],
  ["EISDIR", "it is a folder"],
  ["EEXIST", "something else is there already"],
  ["ELOOP", "too many symbolic links"],
  ["ENAMETOOLONG", "the path is too long"],
  ["EMFILE", "too many files are open"],
  ["ENFILE", "too many files are open"],
  ["EIO", "the disk reports an error"],
  ["ENXIO", "it is a pipe, a socket or a terminal, and nobody is at its other end"],
  ["EBUSY", "another program uses it"],
  ["ENOEXEC", "it is no program"],
  ["E2BIG", "too many or too long arguments and variables"],
  ["ERR_INVALID_ARG_VALUE", "it contains a NUL character"],
]);

/** Why a file operation failed, with the system's code: `no space is left on the disk (ENOSPC)`. */
export function fileErrorReason(error: unknown): string {
  const code = fileErrorCode(error);
  if (code === undefined) {
    return error instanceof Error ? error.name : "unknown reason";
  }
  const word = words.get(code);
  return word === undefined ? code : `${word} (${code})`;
}
