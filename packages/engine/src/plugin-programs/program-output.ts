import { invalid, type PluginProgram } from "./program-process.ts";

const shownStderrLines = 20;
const keptStderrCharacters = 16_384;

/** Whole lines out of chunks. */
export function lineReader(program: PluginProgram) {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = "";
  const decode = (chunk?: Buffer): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw invalid(program, `${program.name} answers what is not UTF-8`);
    }
  };
  return {
    push: (chunk: Buffer): readonly string[] => {
      const texts = (rest + decode(chunk)).split("\n");
      rest = texts.pop() ?? "";
      return texts;
    },
    /** What stands behind the last line break. */
    last: (): readonly string[] => {
      const text = rest + decode();
      return text === "" ? [] : [text];
    },
  };
}

/** The end of what a program wrote to stderr. */
export function stderrTail() {
  const decoder = new TextDecoder();
  let tail = "";
  let size = 0;
  return {
    /** @returns How many bytes that were until now. */
    push: (chunk: Buffer): number => {
      size += chunk.length;
      tail = (tail + decoder.decode(chunk, { stream: true })).slice(-keptStderrCharacters);
      return size;
    },
    lines: (): readonly string[] =>
      tail
        .split("\n")
        .filter((line) => line.trim() !== "")
        .slice(-shownStderrLines),
  };
}
