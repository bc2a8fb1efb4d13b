import { hint, TegataError } from "@tegata/core";
import {
  type Engine,
  type ChosenRole,
  credentialsFor,
  withoutAsking,
  isStillSignedIn,
  commandAbout,
  shownError,
  credentialsKeyOf,
  sessionKeyOf,
  type CredentialsRecord,
} from "@tegata/engine";
import { createPeerOf } from "./peer-user.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CredentialsEndpoint } from "./credentials-endpoint.ts";
import { reasonPhrase } from "./reason-phrase.ts";
import { renewingCredentials } from "./renewing-credentials.ts";

/**
 * An endpoint that gives the credentials of a role, renewed as any other run of tegata would renew them, but never by
 * asking a person: one has other things on the terminal. What only a person can do is said there once. They are those of the
 * person who was signed in at its start: after a sign-out, and while somebody else is signed in, it gives none.
 *
 * @param terminal where that is said
 */
export async function serveRole(
  chosen: ChosenRole,
  first: CredentialsRecord,
  engine: Engine,
  terminal: Pick<Terminal, "warn" | "ask" | "vocabulary">,
): Promise<CredentialsEndpoint> {
  // Ctrl-C is the other program's business from here on.
  const end = new AbortController();
  const ports = { ...engine.ports, signal: end.signal };
  const renewal: Engine = { ...engine, ports };
  const { idp, role, profile } = chosen;
  const key = await credentialsKeyOf(await sessionKeyOf(idp), role.steps);
  const current = renewingCredentials({
    first,
    renew: async () => {
      const { record } = await credentialsFor(chosen, withoutAsking, renewal);
      if (idp.kind === "interactive" && (record.subject !== first.subject || record.issuer !== first.issuer)) {
        throw new TegataError("sign_in_required", "someone else has signed in since this command was started", {
          hint: hint`${commandAbout(profile, "login")}`,
        });
      }
      return record;
    },
    mayHandOut: (record) => isStillSignedIn(key, record, renewal),
    clock: ports.clock,
    onFailure: (error, isAlive) => {
      const { message, hint: advice } = shownError(error, terminal.vocabulary);
      terminal.warn(
        isAlive
          ? `the sign-in of this command has ended, and so have its AWS credentials: ${message}`
          : `the AWS credentials ran out and cannot be renewed: ${message}`,
      );
      if (advice !== undefined) {
        terminal.ask(`hint: ${advice}`);
      }
    },
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
  const endpoint = await serveCredentials(
    async () => (await current()).credentials,
    explain,
    createPeerOf(engine.system),
  );
  return {
    ...endpoint,
    close: () => {
      endpoint.close();
      end.abort();
    },
  };
}
