import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { isTegataError } from "@tegata/core";
import { fileErrorReason } from "../files/file-errors.ts";
import { openToRead } from "../files/open-file.ts";
import { failed, type PluginProgram } from "./program-process.ts";

/**
 * The SHA-256 of a program's file as it will be run, in hex: by its real path, and only if that is still the same file, with
 * the same content, when it has been read.
 *
 * @throws TegataError `process_failed`
 */
export async function digestOfProgram(program: PluginProgram): Promise<string> {
  const { name, realPath } = program;
  const hash = createHash("sha256");
  try {
    const file = await open(realPath, openToRead);
    try {
      const before = await file.stat({ bigint: true });
      if (!before.isFile()) {
        throw failed(program, `${name} is no file any more`);
      }
      const buffer = new Uint8Array(Math.min(Number(before.size) + 1, 1_048_576));
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) {
          break;
        }
        hash.update(buffer.subarray(0, bytesRead));
      }
      const after = await stat(realPath, { bigint: true });
      if (after.ino !== before.ino || after.dev !== before.dev || after.ctimeNs !== before.ctimeNs) {
        throw failed(program, `${name} was changed while it was being looked at`);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw isTegataError(error) ? error : failed(program, `${name} cannot be read: ${fileErrorReason(error)}`, error);
  }
  return hash.digest("hex");
}
