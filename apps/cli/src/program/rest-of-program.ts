import { createTegata, type TegataOptions } from "./compose.ts";
import type { RestOfProgram } from "../answer-cache/first-file.ts";
import { finishWriting, reportAlone } from "./finish-writing.ts";
import type { CliSystem } from "../cli-system.ts";
import { thisProcess } from "../this-process.ts";

/** All of a composed program but its first file. */
export function restOf(options: TegataOptions, replaceProcess: CliSystem["replaceProcess"]): RestOfProgram {
  const { name } = options;
  return {
    run: async (args, entry) => {
      let tegata;
      try {
        tegata = createTegata(options);
      } catch (error) {
        return reportAlone(error, name);
      }
      return tegata.run(args, { ...thisProcess(), replaceProcess }, entry);
    },
    finishWriting: (rest) => finishWriting(rest, name),
  };
}
