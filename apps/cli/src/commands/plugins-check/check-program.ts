import { isTegataError, printable, TegataError, toSafeJson } from "@tegata/core";
import * as v from "valibot";
import { typedValue, schemaInput } from "@tegata/engine/settings";
import {
  type ConversationPorts,
  toObjectSchema,
  type LocatedProgram,
  type Description,
} from "@tegata/engine/plugin-programs";
import type { CommandContext } from "../../command.ts";
import { writePages } from "../../terminal/write-pages.ts";
import { descriptionRules, endingRules } from "./common-rules.ts";
import type { Values } from "./example-values.ts";
import { formatRules } from "./format-rules.ts";
import { idpRules } from "./idp-rules.ts";
import { Broken, type Rule, type RuleResult, tryRules } from "./rule.ts";

/**
 * Runs the contract suite against a program: with credentials that are good for nothing, and against a provider on loopback.
 *
 * @throws TegataError `plugin_check_failed` when it breaks a rule; `plugin_untrusted` where the administrator lets no program be started
 */
export async function checkProgram(program: LocatedProgram, context: CommandContext): Promise<void> {
  const { system, flags } = context;
  const programs = await context.programs();
  const describing = "describes itself within 5 s, and ends well";
  const described = await programs.describe(program).catch((error: unknown) => whatIsWrong(error));
  const results: RuleResult[] = [];
  const ports = programs.conversationPorts(typeof described === "string" ? undefined : described.description);
  if (typeof described === "string") {
    results.push({ rule: describing, result: "broken", detail: described });
  } else {
    results.push({ rule: describing, result: "ok", detail: undefined });
    results.push(...(await tryRules(rulesFor(program, described, ports, context), whatIsWrong)));
  }
  results.push(...(await tryRules(endingRules(program, ports), whatIsWrong)));
  await (flags["json"] === true
    ? system.writeStdout(`${toSafeJson({ program: program.name, path: program.path, rules: results })}\n`)
    : writePages([{ text: results.map(line).join(""), hanging: resultColumns }], context));
  const broken = results.filter(({ result }) => result === "broken").length;
  if (broken > 0) {
    throw new TegataError("plugin_check_failed", `${program.name} breaks ${broken} of ${results.length} rules`, {
      hint: "the lines above say which; docs/plugin-protocol.md says what each means",
      details: { program: program.name, broken },
    });
  }
}

function rulesFor(
  program: LocatedProgram,
  described: { readonly raw: unknown; readonly description: Description },
  ports: ConversationPorts,
  context: CommandContext,
): readonly Rule[] {
  const { description } = described;
  const rules = descriptionRules(program, described, ports);
  const typed = typedValues(description, context);
  return [
    ...rules,
    ...(description.kind === "idp"
      ? idpRules(program, description, typed, ports, {
          ...context.ports,
          documents: undefined,
          machine: context.system.machine,
        })
      : formatRules(program, description, typed, ports)),
  ];
}

/** Settings or options that were typed, or that a variable says. */
function typedValues(description: Description, { flags, system }: CommandContext): Values {
  const { entries } = toObjectSchema(description.kind === "idp" ? description.settings : description.options);
  const values = Object.entries(entries).flatMap(([name, schema]) => {
    const raw = typedValue(name, { flags, env: system.env });
    const value = raw === undefined ? undefined : schemaInput(raw, schema);
    return v.is(v.union([v.string(), v.number(), v.boolean()]), value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(values);
}

/** What stands before each rule. */
const resultColumns = 9;

function line({ rule, result, detail }: RuleResult): string {
  return `${result.padEnd(resultColumns)}${rule}${detail === undefined ? "" : `: ${printable(detail, 400)}`}\n`;
}

/** No fault of the program: that the suite is interrupted, and that the administrator lets no program be started. */
const noFaults: ReadonlySet<string> = new Set(["interrupted", "plugin_untrusted"]);

function whatIsWrong(error: unknown): string {
  if ((isTegataError(error) && !noFaults.has(error.code)) || error instanceof Broken) {
    return error.message;
  }
  throw error;
}
