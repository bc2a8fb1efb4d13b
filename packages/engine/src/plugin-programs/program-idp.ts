import {
  type AcquireContext,
  again,
  defineIdp,
  hint,
  hostTraits,
  type IdentityProvider,
  type IdTokenExpectations,
  type IdTokenGrant,
  type InteractiveIdp,
  isSignInRequired,
  type OptionsSchema,
  personNeededElsewhere,
  type Ports,
  printable,
  provenVerificationUri,
  type RequiredClaim,
  secureUrlSchema,
  shownValue,
  type SignInPrompt,
  signInRequired,
  TegataError,
  workloadFingerprint,
  type WorkloadIdp,
} from "@tegata/core";
import * as v from "valibot";
import { converse, type ConversationPorts, parseEvent } from "./conversation.ts";
import { fillTemplate, toObjectSchema } from "./described-fields.ts";
import type { LocatedProgram } from "./program-location.ts";
import { acquireEventSchema, idpErrorCodes, type IdpDescription, limits, revokedEventSchema } from "./protocol.ts";

type Settings = v.InferOutput<OptionsSchema>;
type PromptEvent = Extract<v.InferOutput<typeof acquireEventSchema>, { event: "prompt" }>;

/**
 * A program that gets ID tokens, as an identity provider like any other: what it gives goes through the same verification,
 * and the issuer and audience that are expected are never its own to say while it runs.
 */
export function programIdp(
  program: LocatedProgram,
  description: IdpDescription,
  ports: ConversationPorts,
): IdentityProvider {
  const { id, summary } = description;
  const settings = toObjectSchema(description.settings);
  const common = { id, summary, settings };
  return description.signIn === "workload"
    ? defineIdp({ ...common, kind: "workload", ...workload(program, description, ports) })
    : defineIdp({ ...common, kind: "interactive", ...interactive(program, description, ports) });
}

function interactive(
  program: LocatedProgram,
  description: IdpDescription,
  ports: ConversationPorts,
): Pick<InteractiveIdp, "expectations" | "flows" | "browserSettings" | "requiredClaims" | "acquire" | "revoke"> {
  return {
    expectations: (settings) => expectationsOf(program, description, settings),
    flows: () => description.flows,
    browserSettings: description.browserSettings,
    requiredClaims: (settings) => requiredClaimsOf(description, settings),
    acquire: async (settings, context) => {
      const mayWait = context.flows?.length !== 0;
      const promptPerson = mayWait ? context.promptPerson : undefined;
      try {
        if (context.refreshToken === undefined && promptPerson === undefined) {
          throw signInRequired();
        }
        return await acquireToken(program, description, settings, { ...context, promptPerson }, ports);
      } catch (error) {
        throw isSignInRequired(error) && !mayWait && context.promptPerson !== undefined
          ? personNeededElsewhere(error, description.flows[0])
          : error;
      }
    },
    ...(description.revokes
      ? {
          revoke: async (settings: Settings, refreshToken: string, { signal }: Ports) => {
            await converse(
              program,
              {
                request: { request: "revoke", settings, refreshToken },
                timeoutMilliseconds: limits.revokeMilliseconds,
                maxBytes: limits.acquireBytes,
                secrets: [refreshToken],
                errorCodes: idpErrorCodes,
                onEvent: (event) => {
                  parseEvent(revokedEventSchema, event, program);
                  return "last";
                },
              },
              { ...ports, signal },
            );
          },
        }
      : {}),
  };
}

function workload(
  program: LocatedProgram,
  description: IdpDescription,
  ports: ConversationPorts,
): Pick<WorkloadIdp, "find"> {
  return {
    find: async (settings, machine) => ({
      platform: program.name,
      // What it goes by is in the variables that it asked for, or is the machine itself: nobody else knows.
      fingerprint: workloadFingerprint(machine, [
        ...description.variables.map((name) => ports.env[name]),
        ...(await hostTraits(machine)),
      ]),
      acquire: async (context) => {
        const expectations = expectationsOf(program, description, settings);
        const nobody: Nobody = { ...context, refreshToken: undefined, promptPerson: undefined };
        const { idToken } = await acquireToken(program, description, settings, nobody, ports);
        return { idToken, ...expectations };
      },
    }),
  };
}

type Nobody = Pick<AcquireContext, "clock" | "signal" | "refreshToken" | "promptPerson"> &
  Partial<Pick<AcquireContext, "storeRefreshToken" | "dropRefreshToken" | "flows" | "wanted">>;

async function acquireToken(
  program: LocatedProgram,
  description: IdpDescription,
  settings: Settings,
  context: Nobody,
  ports: ConversationPorts,
): Promise<IdTokenGrant> {
  const { refreshToken: stored, promptPerson, clock, signal } = context;
  const hosts = hostsOf(program, description, settings);
  let refreshToken = stored;
  let idToken: string | undefined;
  let prompts = 0;
  let endPrompt: (() => void) | undefined;
  let keeping: Promise<void> = Promise.resolve();
  const keep = (renewed: string | undefined) => {
    refreshToken = renewed;
    keeping = keeping.then(() =>
      renewed === undefined ? context.dropRefreshToken?.() : context.storeRefreshToken?.(renewed),
    );
    // It is awaited when the program has ended; a failure before that must not end this process.
    keeping.catch(() => undefined);
  };

  const onPrompt = (event: PromptEvent): number => {
    prompts += 1;
    if (promptPerson === undefined) {
      throw signInRequired();
    }
    if (prompts > limits.prompts) {
      throw new TegataError("sign_in_expired", `${program.name} asked ${limits.prompts} times, and nobody signed in`, {
        hint: hint`${again}, and confirm the code in time`,
      });
    }
    const expiresAt = clock.now() + event.expiresInSeconds * 1000;
    const prompt = provenPrompt(event, expiresAt, (uri) => prove(uri, hosts, program));
    endPrompt?.();
    endPrompt = promptPerson(prompt);
    return event.expiresInSeconds * 1000 + limits.codeMarginMilliseconds;
  };

  try {
    await converse(
      program,
      {
        request: {
          request: "acquire",
          settings,
          refreshToken: stored,
          mayPrompt: promptPerson !== undefined,
          flows: context.flows?.filter((flow) => description.flows.includes(flow)),
          account: context.wanted?.account,
          maxAgeSeconds: context.wanted?.maxAgeSeconds,
          acrValues: context.wanted?.acrValues,
          idpPrompt: context.wanted?.prompt,
        },
        staysOpen: true,
        timeoutMilliseconds: limits.acquireMilliseconds,
        maxBytes: limits.acquireBytes,
        secrets: stored === undefined ? [] : [stored],
        errorCodes: idpErrorCodes,
        onEvent: (event, extend) => {
          const told = parseEvent(acquireEventSchema, event, program);
          switch (told.event) {
            case "prompt":
              extend(onPrompt(told), codeExpired());
              return "more";
            case "refresh_token":
              keep(told.refreshToken ?? undefined);
              return "more";
            case "id_token":
              ({ idToken } = told);
              if (prompts > 0) {
                // Another person may have signed in: what was stored of the former one is not theirs.
                ({ refreshToken } = told);
              } else if (told.refreshToken !== undefined && told.refreshToken !== refreshToken) {
                keep(told.refreshToken);
              }
              return "last";
          }
        },
      },
      { ...ports, signal },
    );
  } finally {
    endPrompt?.();
    // What became of the sign-in: a refresh token that was exchanged is the only one that still works.
    await keeping;
  }
  if (idToken === undefined) {
    throw new TegataError("id_token_missing", `${program.name} gave no ID token`);
  }
  return { idToken, refreshToken, byRefreshToken: stored !== undefined && prompts === 0 };
}

/** @throws TegataError `settings_invalid` for settings that make no issuer */
function expectationsOf(
  { name }: LocatedProgram,
  { issuer, audience }: IdpDescription,
  settings: Settings,
): IdTokenExpectations {
  const filled = fillTemplate(issuer, settings);
  const url = v.safeParse(secureUrlSchema, filled);
  if (!url.success) {
    const problem = `${printable(url.issues[0].message)}: ${shownValue(filled, 120)}`;
    throw new TegataError("settings_invalid", `the issuer that ${name} builds from its settings ${problem}`, {
      hint: "check the settings of this identity provider",
    });
  }
  return { issuer: url.output, audience: fillTemplate(audience, settings) };
}

function requiredClaimsOf({ requiredClaims }: IdpDescription, settings: Settings): readonly RequiredClaim[] {
  return requiredClaims.flatMap(({ claim: name, setting, ignoresCase }) => {
    const value = settings[setting];
    return typeof value === "string" ? [{ name, value, setting, ignoresCase }] : [];
  });
}

function provenPrompt(event: PromptEvent, expiresAt: number, proven: (uri: string) => string): SignInPrompt {
  switch (event.kind) {
    case "device": {
      const { verificationUri, verificationUriComplete: complete, userCode } = event;
      return {
        kind: "device",
        verificationUri: proven(verificationUri),
        verificationUriComplete: complete === undefined ? undefined : proven(complete),
        userCode,
        expiresAt,
      };
    }
    case "browser":
      return {
        kind: "browser",
        authorizationUri: proven(event.authorizationUri),
        redirectUri: event.redirectUri,
        expiresAt,
      };
  }
}

/** The hosts that may show the page to open: the issuer's, and those that the program described. */
function hostsOf(program: LocatedProgram, description: IdpDescription, settings: Settings): readonly string[] {
  const { issuer } = expectationsOf(program, description, settings);
  return [new URL(issuer).host, ...description.verificationHosts.map((host) => fillTemplate(host, settings))];
}

function prove(uri: string, hosts: readonly string[], { name }: LocatedProgram): string {
  const proved = provenVerificationUri(uri, hosts);
  if (proved === undefined) {
    throw new TegataError(
      "idp_untrusted_url",
      `${name} names a page that is not on ${printable(hosts.join(" or "), 200)}: ${printable(uri)}`,
      { hint: "do not open it; a host that is right belongs into verificationHosts of the program's description" },
    );
  }
  return proved;
}

function codeExpired(): TegataError {
  return new TegataError("sign_in_expired", "the code ran out before the sign-in was confirmed", {
    hint: hint`${again}, and confirm the code in time`,
  });
}
