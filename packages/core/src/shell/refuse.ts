import { TegataError } from "../base/errors.ts";
import { flag, hint, or } from "../base/wording.ts";

/** For a value that no quotes of a shell can hold: half of it, or what runs in its place, would be worse than none. */
export function refuse(name: string, what: string, shell: string): TegataError {
  return new TegataError("output_failed", `the value of ${name} holds ${what}, which ${shell} cannot be told`, {
    hint: [hint`choose another shell: ${flag("shell", "NAME")}`, or`check the settings of the profile`],
  });
}
