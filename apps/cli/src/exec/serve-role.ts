import type { CommandContext } from "../command.ts";
import { type ChosenRole, credentialsFor } from "../credentials/credentials-of-profile.ts";
import { inOwnName } from "../grammar/program-name.ts";
import { createPeerOf } from "../loopback/peer-user.ts";
import { shownError } from "../report-error.ts";
import type { CredentialsRecord } from "../storage/credentials-cache.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CredentialsEndpoint } from "./credentials-endpoint.ts";
import { reasonPhrase } from "./reason-phrase.ts";
import { renewingCredentials } from "./renewing-credentials.ts";

/**
 * An endpoint that gives the credentials of a role, renewed as any other run of tegata would renew them, but never by
 * asking a person: one has other things on the terminal. What only a person can do is said there once.
 *
 * @param terminal where that is said
 */
export async function serveRole(
  chosen: ChosenRole,
  first: CredentialsRecord,
  context: CommandContext,
  terminal: Pick<Terminal, "warn" | "ask" | "programName">,
): Promise<CredentialsEndpoint> {
  // Ctrl-C is the other program's business from here on, and --fresh was about the first ones.
  const end = new AbortController();
  const ports = { ...context.ports, signal: end.signal };
  const renewal: CommandContext = { ...context, ports, commandLine: { ...context.commandLine, fresh: false } };
  const current = renewingCredentials({
    first,
    renew: async () => (await credentialsFor(chosen, "nobody", renewal)).record,
    clock: ports.clock,
    onFailure: (error) => {
      const { message, hint } = shownError(error);
      terminal.warn(`the AWS credentials ran out and cannot be renewed: ${message}`);
      if (hint !== undefined) {
        terminal.ask(`hint: ${hint}`);
      }
    },
  });
  const say = (words: string) => inOwnName(words, terminal.programName);
  const explain = (error: unknown) => {
    const { code, message, hint } = shownError(error);
    return {
      code,
      text: say(hint === undefined ? message : `${message}: ${hint}`),
      reason: reasonPhrase(code, hint === undefined ? undefined : say(hint)),
    };
  };
  const { serveCredentials } = await import("./credentials-endpoint.ts");
  const endpoint = await serveCredentials(
    async () => (await current()).credentials,
    explain,
    createPeerOf(context.outside),
  );
  return {
    ...endpoint,
    close: () => {
      endpoint.close();
      end.abort();
    },
  };
}
