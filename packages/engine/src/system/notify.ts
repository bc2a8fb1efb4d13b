import type { Words } from "@tegata/core";

/** Where the engine says what is no result. Each line is for people; what came from outside has been through `printable`. */
export interface Notify {
  /** What a person should know. */
  readonly say: (line: string | Words) => void;
  /** What went wrong without stopping anything. */
  readonly warn: (line: string | Words) => void;
  /** For `--verbose`. */
  readonly log: (line: string) => void;
  /** Told a token of a workload before anything is done with it: a log that is not ours must not show it. Left out: there is none. */
  readonly conceal?: (secret: string) => Promise<void>;
}
