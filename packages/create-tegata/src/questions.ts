import { createInterface } from "node:readline/promises";
import { CreateError } from "./create-error.ts";
import { type Project, readKind, readName } from "./project.ts";

export interface Console {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks for what no flag said. An answer that does not do is asked for again.
 *
 * @throws CreateError when the input ends
 */
export async function askFor(known: Partial<Project>, { input, output }: Console): Promise<Project> {
  const ended = new AbortController();
  const lines = createInterface({ input, output });
  lines.once("close", () => ended.abort());
  const ask = async <Answer>(question: string, read: (text: string) => Answer): Promise<Answer> => {
    for (;;) {
      const text = await lines.question(question, { signal: ended.signal }).catch(() => {
        throw new CreateError("there was no answer", "npm create tegata -- --kind idp --name NAME");
      });
      try {
        return read(text.trim());
      } catch (error) {
        if (!(error instanceof CreateError)) {
          throw error;
        }
        output.write(`${error.message}; ${error.hint}\n`);
      }
    }
  };
  try {
    return {
      kind: known.kind ?? (await ask("an identity provider or an output format? (idp, format) ", readKind)),
      name: known.name ?? (await ask("what is it called? (in kebab-case, such as corp-sso) ", readName)),
    };
  } finally {
    lines.close();
  }
}
