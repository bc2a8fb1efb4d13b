import { isDeepStrictEqual } from "node:util";
import { printable } from "@tegata/core";
import * as v from "valibot";
import {
  type ConversationPorts,
  askForDescription,
  readDescription,
  type LocatedProgram,
  type Description,
  encodeRequest,
  knownMembers,
  limits,
  protocolVersion,
} from "@tegata/engine/plugin-programs";
import { runRaw, saysEvent } from "./raw-run.ts";
import { expectThat, type Rule } from "./rule.ts";

/** What a program that does not want to end is given before it is killed. */
const endMilliseconds = limits.graceMilliseconds;
/** For a response to what no program should be asked. */
const junkMilliseconds = 5000;

/** What a program of either kind has to do with its description. */
export function descriptionRules(
  program: LocatedProgram,
  described: { readonly raw: unknown; readonly description: Description },
  ports: ConversationPorts,
): readonly Rule[] {
  const { raw, description } = described;
  const { properties = {} } = description.kind === "idp" ? description.settings : description.options;
  return [
    {
      name: "has a summary and descriptions of one line, without a full stop; descriptions begin in lower case",
      check: async () => {
        expectThat(
          /^(?!(?:The|A|An|Print|Sign|Use|Any)\b)[^.].*[^.]$/.test(description.summary),
          "look at its summary",
        );
        const bad = Object.entries(properties).find(([, each]) => !/^[^A-Z].*[^.]$/.test(each.description));
        expectThat(bad === undefined, `look at the description of ${bad?.[0] ?? ""}`);
      },
    },
    {
      name: "describes itself with members that the protocol knows, and no others",
      check: async () => {
        const known = knownMembers[description.kind];
        const unknown = Object.keys(v.parse(v.record(v.string(), v.unknown()), raw)).find((name) => !known.has(name));
        expectThat(unknown === undefined, `it has a member ${printable(unknown ?? "", 60)}`);
      },
    },
    {
      name: "ignores members of a request that it does not know",
      check: async () => {
        const later = { version: 2, list: [null, '\u00e9\u{1f600}"\\'] };
        const again = await askForDescription(program, { host: "tegata/99.0.0", later }, ports);
        // In any order it writes the members.
        const same = isDeepStrictEqual(readDescription(again, program), description);
        expectThat(same, "it describes itself otherwise then");
      },
    },
  ];
}

/** How a program of either kind has to end. */
export function endingRules(program: LocatedProgram, ports: ConversationPorts): readonly Rule[] {
  const refuses = (name: string, input: string): Rule => ({
    name,
    check: async () => {
      const { status, stdout, wasKilled } = await runRaw(
        program,
        { input, limitMilliseconds: junkMilliseconds },
        ports,
      );
      expectThat(!wasKilled, `it did not end within ${junkMilliseconds / 1000} s`);
      expectThat(status !== 0 || saysEvent(stdout, "error"), "it ended with status 0 and without an error event");
    },
  });
  return [
    refuses("refuses a request that is no JSON", "{]\u0007not json\n"),
    refuses("refuses a request that the protocol does not have", encodeRequest({ request: "no-such-request" })),
    refuses(
      "refuses a version of the protocol that it does not speak",
      `${JSON.stringify({ protocol: protocolVersion + 98, request: "describe" })}\n`,
    ),
    refuses("ends when it is asked nothing", ""),
    {
      name: `ends within ${endMilliseconds / 1000} s of SIGTERM`,
      check: async () => {
        const options = { input: "", keepOpen: true, limitMilliseconds: junkMilliseconds };
        const { wasKilled } = await runRaw(program, { ...options, onStarted: (run) => run.terminate() }, ports);
        expectThat(!wasKilled, "it had to be killed");
      },
    },
  ];
}

/** Fails on a secret in what a program said besides its response. */
export function expectNoSecretIn(texts: readonly string[], secrets: readonly string[]): void {
  const said = texts.join("\n");
  expectThat(!secrets.some((secret) => said.includes(secret)), "one stands there");
}
