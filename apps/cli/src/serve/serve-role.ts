import { type Engine, type CredentialsOfRun, shownError } from "@tegata/engine";
import type { Terminal } from "../terminal/terminal.ts";
import type { CredentialsEndpoint } from "./credentials-endpoint.ts";
import { reasonPhrase } from "./reason-phrase.ts";

/**
 * An endpoint that gives credentials and keeps them good, as `renewing` of the engine does: a person is never asked, as one has
 * other things on the terminal. What only a person can do is said there once.
 *
 * @param terminal where that is said
 */
export async function serveRole(
  obtained: CredentialsOfRun,
  engine: Pick<Engine, "renewing" | "system">,
  terminal: Pick<Terminal, "warn" | "ask" | "vocabulary">,
): Promise<CredentialsEndpoint> {
  const { current, end } = engine.renewing(obtained, (error, isAlive) => {
    const { message, hint: advice } = shownError(error, terminal.vocabulary);
    terminal.warn(
      isAlive
        ? `the sign-in of this command has ended, and so have its AWS credentials: ${message}`
        : `the AWS credentials ran out and cannot be renewed: ${message}`,
    );
    if (advice !== undefined) {
      terminal.ask(`hint: ${advice}`);
    }
  });
  const explain = (error: unknown) => {
    const { code, message, hint: advice } = shownError(error, terminal.vocabulary);
    return {
      code,
      text: advice === undefined ? message : `${message}: ${advice}`,
      reason: reasonPhrase(code, advice),
    };
  };
  const { serveCredentials } = await import("./credentials-endpoint.ts");
  const endpoint = await serveCredentials(current, explain, engine.system.listen);
  return {
    ...endpoint,
    close: () => {
      endpoint.close();
      end();
    },
  };
}
