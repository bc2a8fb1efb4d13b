import {
  choiceVariable,
  hint,
  memoryVariable,
  nestedRunsVariable,
  type Part,
  printable,
  variable,
  type Words,
} from "@tegata/core";
import { codeLoadingVariables } from "../system/code-loading-variables.ts";
import { misspeltName } from "../settings/nearest-name.ts";
import { namesOf, settingDefinitions } from "../settings/setting-definitions.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { type DiagnosisStep, ok, warning } from "./step.ts";

/** Those of others that change what a run does. Values are shown nowhere: some are secret. */
const counting =
  /^(?:AWS_\w+|(?:https?|all|no)_proxy|(?:HTTPS?|ALL|NO)_PROXY|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|XDG_(?:CONFIG|CACHE|STATE)_HOME|CI|SSH_CONNECTION|BROWSER|DBUS_SESSION_BUS_ADDRESS)$/;
const own = /^TEGATA_/;
/** Which AWS clients take before they ask a profile. */
const keyVariables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
const ownOthers = [
  "TEGATA_CONFIG",
  "TEGATA_CACHE_DIR",
  "TEGATA_STATE_DIR",
  choiceVariable,
  memoryVariable,
  nestedRunsVariable,
];

/** The variables by which a run, or an AWS client, does something else than it would without them. */
export const environmentCheck: Check<Pick<DiagnosisContext, "system" | "plugins" | "settingsFile">> = {
  id: "environment",
  run: ({ system, plugins }) => {
    const names = Object.keys(system.env).filter((name) => (system.env[name] ?? "") !== "");
    const shown = names.filter((name) => counting.test(name) || own.test(name)).toSorted();
    const steps: DiagnosisStep[] = [
      ok("environment", shown.length === 0 ? "no variable changes anything" : ["what counts is ", ...listed(shown)]),
      ...misspelt(names, plugins),
    ];
    const keys = keyVariables.filter((name) => names.includes(name));
    if (keys.length > 0) {
      steps.push(
        warning(
          "environment",
          `${keys.join(" and ")} are set: most AWS clients take them before any profile`,
          `unset them: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN`,
        ),
      );
    }
    const { ofBun, ofLoader } = codeLoadingVariables(system.env);
    const loading = [...ofBun, ...ofLoader].filter((name) => names.includes(name));
    if (loading.length > 0) {
      const all = loading.map((name) => printable(name, 60)).join(", ");
      steps.push(
        warning(
          "environment",
          `other code runs in this program, or in those that it starts, by ${all}`,
          "unset what you did not set",
        ),
      );
    }
    return steps;
  },
};

function listed(names: readonly string[]): Words {
  return names.flatMap((name, index): Part[] => [
    ...(index === 0 ? [] : [", "]),
    own.test(name) ? variable(name) : printable(name, 60),
  ]);
}

/** A variable that says nothing because of its name. */
function misspelt(names: readonly string[], { idps, formats }: DiagnosisContext["plugins"]): readonly DiagnosisStep[] {
  const settings = [...settingDefinitions(idps).values()].map((each) => each.variable);
  const options = formats.flatMap(({ options: schema }) =>
    Object.keys(schema.entries).map((key) => namesOf(key).variable),
  );
  const known = [...settings, ...options, ...ownOthers];
  return names
    .filter((name) => own.test(name) && !known.includes(name))
    .flatMap((name) => {
      const meant = misspeltName(name, known);
      return meant === undefined
        ? []
        : [
            warning(
              "environment",
              `${printable(name, 80)} says nothing: there is no such setting`,
              hint`rename it to ${variable(meant)}, or unset it`,
            ),
          ];
    });
}
