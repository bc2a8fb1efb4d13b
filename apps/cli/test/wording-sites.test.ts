import { settingDefinitions } from "@tegata/engine/settings";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { commandsOf } from "../src/commands/commands.ts";
import { defaultPlugins } from "../src/program/run.ts";
import {
  literalSchema,
  nodeSchema,
  parseSource,
  readSource,
  sourceFiles,
  templateSchema,
} from "./support/source-files.ts";

/**
 * Scripts of shells, in which the program's name is replaced before anybody sees them, the help of the command line, and what the
 * tools of AWS and of identity providers are told, which have flags of their own.
 */
const scripts =
  /\/src\/(shell\/(hook|completion)-scripts|command-line\/(help|help-pages|overview)|iam\/(aws-cli|cdk|cloudformation|terraform)|provider\/(auth0|entra|google|keycloak|okta))\.ts$/;

const commands = commandsOf(defaultPlugins.formats);
const settings = [...settingDefinitions(defaultPlugins.idps).keys()];
const longNames = settings.filter((name) => name.includes("_"));
const shortNames = settings.filter((name) => !name.includes("_"));
const commandNames = commands.map(({ name }) => name).filter((name) => !name.startsWith("__"));

/** What a text must not hold, because another surface, or the same program under another name, calls it otherwise. */
const foreign: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a flag", /(?<![\w-])--[a-z][a-z-]*/],
  ["a variable of the program", /\bTEGATA_[A-Z_]+/],
  ["the program's name", /(?<![\w./"'@:-])tegata(?![\w./"'-])/],
  // `role_arn = "…"` and `client_id in [idp.NAME]` are lines of the settings file, which is the same for all.
  ["a setting", new RegExp(`(?<![\\w.])(?:${longNames.join("|")})\\b(?! = | in \\[|_)`)],
  [
    "a setting",
    new RegExp(`\\b(?:check|pass|correct|leave|copy|set) (?:${shortNames.join("|")})\\b(?! of| in| =|:|=)`),
  ],
  ["a command", new RegExp(`\\brun (?:${commandNames.join("|")})\\b`)],
];

/** The line of an example in the help of a command: there it is typed as it stands, behind the program's own name. */
const exampleLineSchema = v.looseObject({
  type: v.literal("Property"),
  key: v.looseObject({ type: v.literal("Identifier"), name: v.literal("line") }),
});

interface Finding {
  readonly line: number;
  readonly what: string;
  readonly text: string;
}

/** Types and names of modules say nothing to anybody. */
const silent = /^(Import|Export(All|Named)Declaration$|TS(Literal|Type|Interface))/;

/** The pieces of text of a program, as a person would read them: of sentences, not of single words. */
function* textsIn(node: unknown): Generator<{ readonly start: number; readonly text: string }> {
  if (Array.isArray(node)) {
    for (const each of node) {
      yield* textsIn(each);
    }
    return;
  }
  if (!v.is(nodeSchema, node) || (silent.test(node.type) && (node["declaration"] ?? null) === null)) {
    return;
  }
  if (v.is(exampleLineSchema, node)) {
    return;
  }
  if (v.is(literalSchema, node)) {
    yield { start: node.start, text: node.value };
    return;
  }
  if (v.is(templateSchema, node)) {
    const isSentence = node.quasis.some(({ value }) => value.raw.includes(" "));
    for (const { start, value } of node.quasis) {
      yield { start, text: isSentence ? ` ${value.raw}` : value.raw };
    }
  }
  for (const child of Object.values(node)) {
    yield* textsIn(child);
  }
}

function findingsIn(source: string): readonly Finding[] {
  return [...textsIn(parseSource(source))]
    .filter(({ text }) => text.includes(" "))
    .flatMap(({ start, text }) =>
      foreign
        .filter(([, pattern]) => pattern.test(text))
        .map(([what]) => ({ line: source.slice(0, start).split("\n").length, what, text: text.trim() })),
    );
}

/** Texts that do name such a thing, and why that is right. */
const exceptions: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  // The title of an annotation: the Action's own name.
  ["apps/github-action/src/failure-command.ts", ["tegata:"]],
  // A member of the provider's discovery document.
  ["packages/core/src/oidc/device-authorization.ts", ["no device_authorization_endpoint"]],
  // Style of a page.
  ["packages/core/src/oidc/end-page.ts", [":root{"]],
  // How the command is typed.
  [
    "apps/cli/src/commands/aws-config.ts",
    ["[--diff | --write", "aws-config --write", "aws-config --diff", "get-caller-identity --profile"],
  ],
  ["apps/cli/src/commands/init/init-profile.ts", ["get-caller-identity --profile"]],
  ["apps/cli/src/commands/init/try-role.ts", ["get-role --role-name", "--output json"]],
  // Comments in a file, which names the program that wrote them.
  ["packages/engine/src/settings/aws-config-block.ts", ["aws-config --write", "aws-config --remove"]],
  // Data that is encrypted with, and seen by nobody.
  ["packages/engine/src/storage/token-store-seal.ts", ["tegata session 2"]],
  // Examples, which are lines of the command line.
  ["apps/cli/src/commands/setup.ts", ["setup terraform --person", "setup cdk --ci github"]],
  // Lines of the AWS CLI, and flags of it.
  ["apps/cli/src/commands/doctor/trust-input.ts", ["aws iam get-role"]],
  ["apps/cli/src/commands/doctor/trust-steps.ts", ["aws iam", "--output json", "--policy-document file://"]],
  ["packages/core/src/aws/web-identity-errors.ts", ["aws iam get-role --role-name", "--output json |"]],
  [
    "packages/trust-policy/src/elsewhere.ts",
    ["aws iam get-open-id-connect-provider", "aws organizations list-policies"],
  ],
  ["packages/trust-policy/src/read-policy.ts", ["aws iam get-role", "--output json"]],
  // A flag of Docker.
  ["packages/format-docker-env/src/format-docker-env.ts", ["docker run --env-file"]],
]);

describe("a text in the source", () => {
  it.each(sourceFiles.filter((path) => !scripts.test(`/${path}`)))(
    "names settings, flags, variables, commands and the program as parts: %s",
    (path) => {
      const source = readSource(path);
      const allowed = exceptions.get(path) ?? [];
      expect(findingsIn(source).filter(({ text }) => !allowed.some((each) => text.includes(each)))).toEqual([]);
    },
  );

  it.each([
    ["a flag", 'throw new TegataError("x", "no", { hint: "pass --region NAME" });'],
    ["a flag in a template", "const hint = `pass --region ${name}`;"],
    ["a variable", 'const hint = "unset TEGATA_CONFIG, and try again";'],
    ["the program's name", "const hint = `${what}, then run tegata login`;"],
    ["a setting", 'const hint = "check client_id first";'],
    ["a setting of one word", 'const hint = "check scope; the default will do";'],
    ["a command", 'const hint = "run login first";'],
  ])("is found where it holds %s", (_what, source) => {
    expect(findingsIn(source)).not.toEqual([]);
  });

  it.each([
    'const hint = hint`pass ${setting("region", "NAME")}, or run ${command("login")}`;',
    'const line = `write role_arn = "arn" to ${path}`;',
    'const name = "--region";',
    'type Row = "names --region here";',
  ])("is nothing to find in %s", (source) => {
    expect(findingsIn(source)).toEqual([]);
  });
});
