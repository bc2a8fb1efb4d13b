/**
 * Writes docs/plugins/reference.md out of the declarations that `npm run build` made: `npm run reference`. With `--print`,
 * to stdout; a test compares that with the page.
 *
 * The compiler's own output is all that is needed: one declaration after the other, each at the left margin, with its
 * comment before it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = `${root}docs/plugins/reference.md`;

interface Part {
  readonly heading: string;
  readonly packageName: string;
  /** Folder of the package, and the declarations to show by file. */
  readonly folder: string;
  readonly declarations: Readonly<Record<string, readonly string[]>>;
}

const parts: readonly Part[] = [
  {
    heading: "An identity provider",
    packageName: "@tegata/core",
    folder: "packages/core",
    declarations: {
      "plugin/openid-connect-idp": ["openIdConnectIdp", "OpenIdConnectDescriptor"],
      "oidc/device-grant": ["deviceGrant", "DeviceGrantOptions"],
      "oidc/grant": [
        "Grant",
        "PersonGrant",
        "MachineGrant",
        "Flow",
        "PersonFlow",
        "GrantRequest",
        "PersonTokens",
        "MachineToken",
      ],
      "oidc/refusal-table": ["refusalTable", "RefusalRow"],
      "oidc/oidc-settings": [
        "clientSettings",
        "clientRequest",
        "audienceParameter",
        "secureUrlSchema",
        "clientIdSchema",
        "scopeSchema",
      ],
      "plugin/idp": [
        "defineIdp",
        "IdpBase",
        "InteractiveIdp",
        "AcquireContext",
        "IdTokenGrant",
        "WorkloadIdp",
        "WorkloadIdentity",
        "WorkloadToken",
        "WorkloadContext",
      ],
      "oidc/id-token": ["IdTokenExpectations"],
    },
  },
  {
    heading: "An output format",
    packageName: "@tegata/core",
    folder: "packages/core",
    declarations: {
      "plugin/format": [
        "defineFormat",
        "Format",
        "OptionsSchema",
        "FormatOutput",
        "RenderedOutput",
        "FormatContext",
        "UnsetContext",
      ],
      "aws/credentials": ["AwsCredentials"],
    },
  },
  {
    heading: "The outside world",
    packageName: "@tegata/core",
    folder: "packages/core",
    declarations: {
      "base/ports": ["Ports", "Fetch", "Clock", "PromptPerson", "SignInPrompt", "DevicePrompt", "BrowserPrompt"],
      "plugin/machine": ["Machine", "RunProcessOptions", "ProcessResult"],
    },
  },
  {
    heading: "Errors and words",
    packageName: "@tegata/core",
    folder: "packages/core",
    declarations: {
      "base/errors": ["TegataError", "TegataErrorOptions", "isTegataError"],
      "base/wording": [
        "HintInput",
        "Clause",
        "Words",
        "hint",
        "or",
        "next",
        "words",
        "setting",
        "command",
        "flag",
        "again",
      ],
      "base/foreign-text": ["printable", "toSafeJson"],
      "base/shown-value": ["shownName", "shownPath", "shownValue"],
    },
  },
  {
    heading: "A program",
    packageName: "@tegata/cli",
    folder: "apps/cli",
    declarations: {
      "program/main-node": ["main"],
      "program/composition": ["Composition"],
      "program/compose": ["createTegata", "TegataOptions", "Tegata"],
      "program/run": ["defaultPlugins"],
    },
  },
  {
    heading: "Settings of a program",
    packageName: "@tegata/engine",
    folder: "packages/engine",
    declarations: { "settings/defaults": ["Defaults"] },
  },
  {
    heading: "Tests",
    packageName: "@tegata/testkit",
    folder: "packages/testkit",
    declarations: {
      "idp-contract": ["idpContract"],
      "idp-under-test": ["IdpUnderTest"],
      "workload-contract": ["workloadContract"],
      "workload-under-test": ["WorkloadUnderTest"],
      "format-contract": ["formatContract"],
      "format-under-test": ["FormatUnderTest"],
      "idp-run": ["startRun", "RunOptions", "IdpRun"],
      matchers: ["failure", "expectNoSecret", "expectGoodWords"],
    },
  },
];

const introduction = `# Reference

Every type and function that a plugin can use: the declarations and comments of the code. \`npm run reference\` writes this
page. [The tutorial](tutorial.md) shows how the parts work together.
`;

/** A list of the parts and their declarations, with links. */
function tableOfContents(): string {
  const lines = parts.map(({ heading, declarations }) => {
    const names = Object.values(declarations).flat();
    return `* ${linkTo(heading)}: ${names.map(linkTo).join(", ")}`;
  });
  return `${lines.join("\n")}\n`;
}

/** A link to a heading of this page, with the anchor that a host of repositories makes of it. */
function linkTo(heading: string): string {
  return `[${heading}](#${heading.toLowerCase().replaceAll(" ", "-")})`;
}

interface Declaration {
  readonly comment: string;
  readonly code: string;
}

/** A declaration of that name with the comment before it. */
function findDeclaration(text: string, name: string): Declaration {
  const lines = text.split("\n");
  const start = lines.findIndex((line) =>
    new RegExp(`^(?:export )?(?:declare )?(?:interface|type|function|class|const) ${name}\\b`).test(line),
  );
  if (start === -1) {
    throw new Error(`nothing declares ${name}`);
  }
  const isBlock = /^(?:export )?(?:declare )?(?:interface|class)/.test(lines[start] ?? "");
  const last = isBlock ? /^(?!.*\{$).*\}$/ : /^\S.*;$/;
  const end = lines.findIndex((line, index) => index >= start && last.test(line) && !/^\s/.test(line));
  // Overloads stand one below the other.
  const overload = lines[end + 1]?.startsWith(`export declare function ${name}<`) === true ? 1 : 0;
  const code = lines.slice(start, end + 1 + overload).join("\n");
  const before = lines.slice(0, start).join("\n");
  const comment = before.endsWith("*/") ? before.slice(before.lastIndexOf("/**")) : "";
  return { comment, code: code.replaceAll(/^( {4})+/gm, (indent) => indent.slice(indent.length / 2)) };
}

/** A comment as the text of a page; its tags become sentences of their own. */
function proseOf(comment: string): string {
  return comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .replaceAll(/\n*^@throws (?:TegataError )?/gm, "\n\nThrows: ")
    .replaceAll(/\n*^@returns /gm, "\n\nReturns: ")
    .replaceAll(/\n*^@param (\S+) /gm, "\n\n`$1`: ")
    .replaceAll(/\{@link (\S+)\}/g, "`$1`")
    .trim();
}

function section(name: string, { comment, code }: Declaration): string {
  const prose = proseOf(comment);
  // The type of a schema says less than its comment, on many lines.
  const shown = /^export declare const \w+: (?!\w+;)/.test(code) ? "" : `\`\`\`ts\n${code}\n\`\`\`\n`;
  return [`### ${name}\n`, ...(prose === "" ? [] : [`${prose}\n`]), ...(shown === "" ? [] : [shown])].join("\n");
}

function render(): string {
  const rendered = parts.map(({ heading, packageName, folder, declarations }) => {
    const sections = Object.entries(declarations).flatMap(([file, names]) => {
      const text = readFileSync(`${root}${folder}/dist/${file}.d.ts`, "utf8");
      return names.map((name) => section(name, findDeclaration(text, name)));
    });
    return [`## ${heading}\n`, `From \`${packageName}\`.\n`, ...sections].join("\n");
  });
  return [introduction, tableOfContents(), ...rendered].join("\n");
}

if (process.argv.includes("--print")) {
  process.stdout.write(render());
} else {
  writeFileSync(page, render());
  console.log("wrote docs/plugins/reference.md");
}
