import { isTegataError, type PersonFlow, printable } from "@tegata/core";
import type { Identity } from "@tegata/engine";
import type { Choice } from "../../terminal/question.ts";
import { asking } from "../support/prompting.ts";
import { ask, type Draft, showToTryAgain, trialOf } from "./ask.ts";
import { clientKeys, keysToAsk } from "./choose-provider.ts";
import { trialFlags } from "./draft.ts";
import { sayClaims } from "./trust-claims.ts";

/** Asks the provider who it is, and the person again where it does not answer. */
export async function discover(
  draft: Draft,
): Promise<{ readonly issuer: string; readonly flows: readonly PersonFlow[] | undefined }> {
  const { context, provider, answers } = draft;
  const { terminal } = context;
  for (;;) {
    // The client is asked for once it is clear where; no request here names it.
    const unknown = new Map(
      [...clientKeys].filter((key) => keysToAsk(provider).includes(key)).map((key) => [key, "unknown"]),
    );
    const flags = trialFlags(provider, new Map([...unknown, ...answers]), context.flags, context);
    try {
      const { issuer, flows } = await context.trial(flags).provider();
      terminal.say(
        `found ${printable(issuer, 300)}${flows === undefined ? "" : `, which offers ${flowsInWords(flows)}`}`,
      );
      return { issuer, flows };
    } catch (error) {
      await showToTryAgain(error, draft);
      const keys = keysToAsk(provider).filter((key) => !clientKeys.has(key));
      if (keys.length === 0) {
        await tryAgainOrStop(error, draft);
      }
      for (const key of keys) {
        await ask(key, draft);
      }
    }
  }
}

function flowsInWords(flows: readonly PersonFlow[]): string {
  const both = flows.map((flow) => (flow === "device" ? "sign-in with a code" : "sign-in in a browser here"));
  return both.length === 0 ? "no flow that is known here" : both.join(" and ");
}

export async function chooseFlow(flows: readonly PersonFlow[] | undefined, draft: Draft): Promise<void> {
  const { answers, asker, provider } = draft;
  if (answers.has("flow") || provider.section?.values.has("flow") === true) {
    return;
  }
  answers.set(
    "flow",
    flows === undefined || flows.length < 2 ? "auto" : await asker.select("How do you sign in?", flowChoices()),
  );
}

function flowChoices(): readonly [Choice<string>, ...Choice<string>[]] {
  return [
    { value: "auto", label: "in a browser if one can be opened, else with a code", about: "auto" },
    { value: "browser", label: "always in a browser on this machine", about: "browser" },
    { value: "device", label: "always with a code, in any browser", about: "device" },
  ];
}

async function tryAgainOrStop(error: unknown, { asker }: Draft): Promise<void> {
  const again = await asker.select("What now?", [
    { value: true, label: "try again" },
    { value: false, label: "stop", about: "nothing is written" },
  ]);
  if (!again) {
    throw error;
  }
}

/** Signs the person in, and asks what to change where that fails. */
export async function signIn(flows: readonly PersonFlow[] | undefined, draft: Draft): Promise<Identity> {
  const { context, asker, provider } = draft;
  const { terminal } = context;
  for (;;) {
    try {
      const trial = trialOf(draft);
      const identity = await trial.identity(asking("always", trial));
      terminal.say(`signed in as ${printable(identity.email ?? identity.subject, 100)}`);
      sayClaims(identity, context);
      return identity;
    } catch (error) {
      await showToTryAgain(error, draft);
      const isGrant = isTegataError(error) && error.code === "idp_grant_disabled";
      const isClient = isTegataError(error) && error.code === "idp_client_rejected";
      const keys = keysToAsk(provider);
      const choices: Choice<string>[] = [
        ...keys.filter((key) => clientKeys.has(key)).map((key) => ({ value: key, label: `change ${key}` })),
        ...((flows ?? []).length > 1 ? [{ value: "flow", label: "sign in another way" }] : []),
        ...keys.filter((key) => !clientKeys.has(key)).map((key) => ({ value: key, label: `change ${key}` })),
      ];
      const first = choices.filter(({ value }) => (isGrant && value === "flow") || (isClient && clientKeys.has(value)));
      const others = choices.filter((choice) => !first.includes(choice));
      const again: Choice<string> = { value: "", label: "try again" };
      const stop: Choice<string> = { value: "stop", label: "stop", about: "nothing is written" };
      const [best, ...rest] = [...first, again, ...others, stop];
      const what = await asker.select("What now?", [best, ...rest]);
      if (what === "stop") {
        throw error;
      }
      if (what === "flow") {
        const tried = draft.answers.get("flow");
        const [other, ...more] = flowChoices().filter(({ value }) => value !== tried && value !== "auto");
        draft.answers.set("flow", await asker.select("How do you sign in?", [other ?? flowChoices()[0], ...more]));
      } else if (what !== "") {
        await ask(what, draft);
        if (!clientKeys.has(what)) {
          await discover(draft);
        }
      }
    }
  }
}
