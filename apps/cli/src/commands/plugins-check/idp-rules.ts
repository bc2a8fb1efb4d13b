import { decodeIdToken, printable, type WorkloadContext } from "@tegata/core";
import * as v from "valibot";
import {
  type ConversationPorts,
  encodeRequest,
  type IdpDescription,
  idpErrorCodes,
  limits,
  type LocatedProgram,
} from "@tegata/engine/plugin-programs";
import { browserRules } from "./browser-rules.ts";
import { expectNoSecretIn } from "./common-rules.ts";
import type { Values } from "./example-values.ts";
import { expectHeld, failureOf, type Trials, tryIdp } from "./idp-trial.ts";
import { runRaw, saysEvent } from "./raw-run.ts";
import { expectThat, type Rule, Skipped } from "./rule.ts";

/** Nobody listens there. */
const deadIssuer = "http://127.0.0.1:9";
const endMilliseconds = limits.graceMilliseconds;

/** What a program that gets ID tokens has to do: tried against a provider on loopback, where its settings name the issuer. */
export function idpRules(
  program: LocatedProgram,
  description: IdpDescription,
  typed: Values,
  ports: ConversationPorts,
  context: WorkloadContext,
): readonly Rule[] {
  const tried = tryIdp(program, description, typed, ports, context);
  const { idp, issuerSetting } = tried;
  const [first, ...others] = description.flows.map((flow) => tried.trialsOf(flow));
  if (first === undefined) {
    return [];
  }
  const { afterSignIn } = first;
  return [
    {
      name: "fails with a code of the protocol when the issuer does not answer",
      check: async () => {
        if (issuerSetting === undefined) {
          throw new Skipped("no setting alone is its issuer");
        }
        const attempt = tried.acquireWith(tried.settingsAt(deadIssuer, "nobody"), { promptPerson: unheard });
        const { code } = await failureOf(attempt);
        expectThat(
          idpErrorCodes.some((each) => each === code),
          `its error has the code ${code}`,
        );
      },
    },
    ...[first, ...others].flatMap(rulesOfFlow),
    {
      name: "renews by the refresh token that it gave, without asking anybody",
      check: afterSignIn("allow", async (trial) => {
        const { refreshToken } = await trial.acquire({ mayPrompt: true });
        if (refreshToken === undefined) {
          throw new Skipped("it gives none");
        }
        const before = trial.prompts.length;
        const renewed = await trial.acquire({ refreshToken, mayPrompt: true });
        expectThat(trial.prompts.length === before, "it asks");
        await expectHeld(renewed, trial.provider, context);
        // The stand-in takes each but once: the one that counts from now on must be the new one.
        const isAlive = renewed.refreshToken !== undefined && trial.provider.isRefreshTokenAlive(renewed.refreshToken);
        expectThat(isAlive, "it keeps the old refresh token, which works no more");
      }),
    },
    {
      name: "drops a refresh token that the provider takes no more, then fails with sign_in_required when nobody may be asked",
      check: afterSignIn("allow", async (trial) => {
        const attempt = trial.acquire({ refreshToken: "no-such-refresh-token", mayPrompt: false });
        const { code } = await failureOf(attempt);
        expectThat(code === "sign_in_required", `its error has the code ${code}`);
        expectThat(trial.kept.length === 1 && trial.kept[0] === undefined, "it does not drop the refresh token");
      }),
    },
    {
      name: "revokes a refresh token",
      check: afterSignIn("allow", async (trial) => {
        const { refreshToken } = await trial.acquire({ mayPrompt: true });
        if (refreshToken === undefined || idp.kind !== "interactive" || idp.revoke === undefined) {
          throw new Skipped("it does not say that it can, or gives none");
        }
        await idp.revoke(v.parse(idp.settings, trial.settings), refreshToken, context);
        expectThat(!trial.provider.isRefreshTokenAlive(refreshToken), "it still works");
      }),
    },
    {
      name: "gives an ID token for the issuer and the audience that it describes, without asking anybody",
      check: async () => {
        if (idp.kind !== "workload") {
          throw new Skipped("it asks a person");
        }
        const settings = v.safeParse(idp.settings, typed);
        if (!settings.success) {
          throw new Skipped("give its settings as flags to try it");
        }
        const identity = await idp.find(settings.output, context.machine);
        const token = await identity?.acquire(context);
        const { iss, aud } = decodeIdToken(token?.idToken ?? "");
        expectThat(withSlash(iss) === withSlash(token?.issuer ?? ""), `its issuer is ${printable(iss, 120)}`);
        expectThat(aud.includes(token?.audience ?? ""), `it is meant for ${printable(aud.join(", "), 120)}`);
      },
    },
    {
      name: `ends within ${endMilliseconds / 1000} s when stdin is closed while it waits for a person`,
      check: afterSignIn("wait", async ({ settings }) => {
        const { wasKilled, stdout } = await runRaw(
          program,
          {
            input: encodeRequest({ request: "acquire", settings, mayPrompt: true, flows: [first.flow] }),
            keepOpen: true,
            onOutput: (said, run) => {
              if (saysEvent(said, "prompt")) {
                run.closeStdin();
              }
            },
            limitMilliseconds: endMilliseconds + limits.describeMilliseconds,
          },
          ports,
        );
        expectThat(saysEvent(stdout, "prompt"), "it asked nobody");
        expectThat(!wasKilled, "it had to be killed");
      }),
    },
    {
      name: "writes no token to stderr or into log events",
      check: afterSignIn("allow", async (trial) => {
        await trial.acquire({ mayPrompt: true });
        expectNoSecretIn(tried.heard, tried.secrets());
      }),
    },
  ];
}

function rulesOfFlow(trials: Trials): readonly Rule[] {
  return trials.flow === "browser" ? browserRules(trials) : deviceRules(trials);
}

function deviceRules(trials: Trials): readonly Rule[] {
  return [
    {
      name: "gives an ID token that holds, once the person allows the sign-in, and shows the provider's own code",
      check: trials.signInOnce,
    },
    {
      name: "fails with sign_in_denied when the person denies it",
      check: trials.afterSignIn("deny", async (trial) => {
        const { code } = await failureOf(trial.acquire({ mayPrompt: true }));
        expectThat(code === "sign_in_denied", `its error has the code ${code}`);
      }),
    },
  ];
}

const unheard = () => () => undefined;

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
