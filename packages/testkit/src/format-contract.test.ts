import { defineFormat, type Format, toRenderedOutput } from "@tegata/core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { fakeMachine } from "./fake-machine.ts";
import { formatChecks } from "./format-checks.ts";
import { formatContract } from "./format-contract.ts";

const options = v.strictObject({
  prefix: v.optional(v.pipe(v.string(), v.description("what stands in front")), ""),
});
const good = defineFormat({
  id: "example",
  summary: "an example",
  options,
  asksPerson: "never",
  render: async (credentials, { prefix }) =>
    `${prefix}${credentials.accessKeyId} ${credentials.secretAccessKey} ${credentials.sessionToken} ${credentials.accountId ?? ""}\n`,
  renderUnset: () => "unset\n",
});
type Good = Format<typeof options>;
const goodText = async (...given: Parameters<Good["render"]>) => toRenderedOutput(await good.render(...given)).stdout;
const rendering = (render: Good["render"]): Good => ({ ...good, render });

const machineWithPrograms = () => fakeMachine({ run: () => ({ status: 0, stdout: "", stderr: "" }) });

/** The rules that a format breaks, and what an author is told of each. */
async function broken(format: Format, printsCredentials = true): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { name, check } of formatChecks(format, { printsCredentials, machine: machineWithPrograms })) {
    await check().catch((error: unknown) => found.set(name, firstLineOf(error)));
  }
  return found;
}

/** The rest shows values beside each other. */
function firstLineOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "";
}

async function expectBroken(format: Format, rules: readonly string[], told: RegExp, printsCredentials = true) {
  const found = await broken(format, printsCredentials);
  expect([...found.keys()]).toEqual(rules);
  expect([...found.values()].join("\n")).toMatch(told);
}

const words = "has a kebab-case id and a one-line summary without capital and full stop";
const unknownKey = "refuses an option that it does not know";
const everyKey = "describes every option in lower case, for --help";
const newline = "ends its output with a newline and holds no terminal control in it";
const same = "gives the same output for the same credentials";
const credentials = "holds the credentials only when it is there to print them";
const unset = "takes back what it set without knowing any credentials";
const untouched = "touches no file before its stdout has been written";
const again = "does what comes afterwards again and again, and takes it back";
const argument = "hands no secret to a program as an argument";
const account = "holds no undefined where the account id is unknown";
const backed = "has all that the command needs which it backs";
const rendered = [newline, same, credentials, untouched, again, argument, account];

let calls = 0;

describe("the format contract catches a format that", () => {
  it.each<[string, Good, readonly string[], RegExp]>([
    ["is good: nothing", good, [], /^$/],
    ["has a space in its id", { ...good, id: "my format" }, [words], /the id is not in kebab-case/],
    [
      "has a summary with a full stop",
      { ...good, summary: "an example." },
      [words],
      /the summary is not one line .* without a full stop/,
    ],
    [
      "has a summary with a capital",
      { ...good, summary: "An example" },
      [words],
      /the summary is not .* in lower case/,
    ],
    ["backs use without an option shell", { ...good, backs: "use" }, [backed], /backs use, and has no option shell/],
    ["backs console, and prints no URL", { ...good, backs: "console" }, [backed], /prints no https URL on one line/],
    [
      "forgets the newline",
      rendering(async (...given) => (await goodText(...given)).trimEnd()),
      [newline],
      /the output does not end with a newline/,
    ],
    [
      "prints a colour",
      rendering(async (...given) => `\u001b[31m${await goodText(...given)}`),
      [newline],
      /the output holds a control character/,
    ],
    [
      "prints a carriage return",
      rendering(async (...given) => `\r${await goodText(...given)}`),
      [newline],
      /the output holds a control character/,
    ],
    [
      "prints something else each time",
      rendering(async (...given) => {
        calls += 1;
        return `${calls}${await goodText(...given)}`;
      }),
      [same],
      /a second output is another one/,
    ],
    [
      "prints no credentials where it should",
      rendering(async () => "nothing\n"),
      [credentials],
      /the output lacks credentials/,
    ],
    [
      "prints undefined",
      rendering(async (given, chosen, context) => `${given.accountId} ${await goodText(given, chosen, context)}`),
      [account],
      /without an account id the output says undefined/,
    ],
    [
      "uses the network",
      rendering(async (_given, _chosen, { ports }) => (await ports.fetch("https://x/", {})).text()),
      rendered,
      /this format may not use the network/,
    ],
    [
      "writes a file at once",
      rendering(async (given, chosen, context) => {
        await context.machine.appendFile("/env", given.secretAccessKey);
        return good.render(given, chosen, context);
      }),
      [untouched],
      /a file was touched by render or renderUnset: that is for afterwards/,
    ],
    [
      "empties a file at once when it takes back",
      {
        ...good,
        renderUnset: async (_chosen, { machine }) => {
          await machine.appendFile("/env", "unset");
          return "";
        },
      },
      [untouched],
      /a file was touched by render or renderUnset/,
    ],
    [
      "writes a file only once",
      rendering(async (given, chosen, context) => ({
        stdout: toRenderedOutput(await good.render(given, chosen, context)).stdout,
        afterwards: async () => {
          if ((await context.machine.readFile("/env", 9)) !== undefined) {
            throw new Error("it is there already");
          }
          await context.machine.appendFile("/env", "1");
        },
      })),
      [again],
      /it is there already/,
    ],
    [
      "cannot take back what it wrote",
      {
        ...good,
        renderUnset: () => ({ stdout: "", afterwards: () => Promise.reject(new Error("no")) }),
      },
      [again],
      /^no$/,
    ],
    [
      "hands the secret to a program in the open",
      rendering(async (given, chosen, context) => {
        await context.machine.run(["agent", given.secretAccessKey], { timeoutMilliseconds: 1, maxBytes: 1 });
        return good.render(given, chosen, context);
      }),
      [argument],
      /a secret that starts with bXkv stands in an argument list/,
    ],
    [
      "needs credentials to take back",
      { ...good, renderUnset: () => "unset ASIAQ3EGXAMPLE7NXV5K\n" },
      [unset],
      /a secret that starts with ASIA stands in what takes the output back/,
    ],
    [
      "takes back without a newline",
      { ...good, renderUnset: () => "unset" },
      [unset],
      /what takes it back does not end with a newline/,
    ],
  ])("%s", async (_name, format, rules, told) => {
    await expectBroken(format, rules, told);
  });

  it("prints credentials where it should not, also in a URL", async () => {
    const told = /the output holds credentials that it should not/;
    await expectBroken(good, [credentials], told, false);
    const url = rendering(async (given) => `https://x/?token=${encodeURIComponent(given.sessionToken)}\n`);
    await expectBroken(url, [credentials], told, false);
  });

  it("takes an option that is a typing mistake", async () => {
    const entries = { ...options.entries, no_such_option: v.optional(v.pipe(v.string(), v.description("a mistake"))) };
    const taking = { ...good, options: v.strictObject(entries) };
    await expectBroken(taking, [unknownKey], /no_such_option is taken: options must be a v\.strictObject/);
  });

  it("does not describe an option, or names it in camelCase", async () => {
    const camel = v.strictObject({
      ...options.entries,
      myKey: v.optional(v.pipe(v.string(), v.description("an option of mine"))),
    });
    const undescribed = v.strictObject({ prefix: v.optional(v.string(), "") });
    await expectBroken({ ...good, options: undescribed }, [everyKey], /prefix has no v\.description/);
    await expectBroken({ ...good, options: camel }, [everyKey], /an option is not in snake_case: .*myKey/);
  });

  it("backs use, and cannot be taken back", async () => {
    const shell = v.optional(v.pipe(v.string(), v.description("the shell")));
    const statements = defineFormat({
      id: "statements",
      summary: "an example",
      options: v.strictObject({ shell }),
      backs: "use",
      asksPerson: "never",
      render: (given, _options, context) => good.render(given, { prefix: "" }, context),
    });
    await expectBroken(statements, [backed], /backs use, and has no renderUnset/);
    await expectBroken(
      { ...statements, renderUnset: () => "unset\n" },
      [backed],
      /backs use, and has no renderFailure/,
    );
    await expectBroken({ ...statements, renderUnset: () => "", renderFailure: () => "false\n" }, [], /^$/);
  });
});

formatContract(good, { printsCredentials: true });
