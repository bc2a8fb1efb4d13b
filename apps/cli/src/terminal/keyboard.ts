import type { Keyboard } from "../cli-system.ts";

/** The terminal at stdin of this process. Only for one that is there: without a terminal Bun waits for ever. */
export function keyboardOfProcess(): Keyboard {
  const { stdin } = process;
  return {
    read: (onText, onEnd) => {
      const decoder = new TextDecoder();
      const hear = (bytes: Uint8Array) => onText(decoder.decode(bytes, { stream: true }));
      stdin.on("data", hear);
      stdin.once("end", onEnd);
      stdin.once("close", onEnd);
      stdin.once("error", onEnd);
      // The question before has let go of it: the process would end while this one waits.
      stdin.ref();
      stdin.resume();
      return () => {
        stdin.off("data", hear);
        stdin.off("end", onEnd);
        stdin.off("close", onEnd);
        stdin.off("error", onEnd);
        stdin.pause();
        // Else the process would wait for what nobody reads.
        stdin.unref();
      };
    },
    setRaw: (isRaw) => {
      // Left out where the terminal is gone.
      stdin.setRawMode?.(isRaw);
    },
  };
}
