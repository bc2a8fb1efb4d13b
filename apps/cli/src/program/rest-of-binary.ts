import { createTegata, type TegataOptions } from "./compose.ts";
import type { RestOfBinary } from "../answer-cache/first-file.ts";
import { finishWriting, reportAlone } from "./finish-writing.ts";
import type { CliSystem } from "../cli-system.ts";
import { thisProcess } from "../this-process.ts";

/** All of a composed binary but its first file. */
export function restOf(options: TegataOptions, replaceProcess: CliSystem["replaceProcess"]): RestOfBinary {
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
