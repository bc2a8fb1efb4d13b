import { holdsSecret, type SettingDefinition } from "@tegata/engine/settings";
import { inTwoColumns, type Row } from "../terminal/two-columns.ts";
import type { Section } from "../terminal/write-pages.ts";
import { wrap } from "../terminal/wrap.ts";
import type { CommandLineGrammar } from "./command-line-grammar.ts";
import { columnsOfHelp, rowOf } from "./help.ts";

type Grammar = Pick<CommandLineGrammar, "settings" | "programName">;

const ofRun = ["profile", "config", "fresh", "quiet", "verbose", "error_format"];
const ofRole = ["role_arn", "role_session_name", "duration", "region"];
const ofSignIn = "idp flow account max_age acr_values idp_prompt prompt browser hint token_store".split(" ");

/** Every setting: its flag, what it is, its default. */
export function settingsPage(grammar: Grammar, columns = columnsOfHelp()): string {
  const all = [...grammar.settings.values()];
  const named = new Set([...ofRun, ...ofRole, ...ofSignIn]);
  const of = (names: readonly string[]) => names.flatMap((name) => grammar.settings.get(name) ?? []);
  const sections = [
    { heading: "of one run, no keys of the file:", settings: of(ofRun) },
    { heading: "the role, and what its credentials are:", settings: of(ofRole) },
    {
      heading: "more of the role, and endpoints:",
      settings: all.filter(({ name, idpSchemas }) => !named.has(name) && idpSchemas.size === 0),
    },
    { heading: "signing in:", settings: of(ofSignIn) },
    { heading: "the identity provider:", settings: all.filter(({ idpSchemas }) => idpSchemas.size > 0) },
  ];
  const intro =
    "each setting is a flag, a variable and a key of the settings file: --role-arn, TEGATA_ROLE_ARN, role_arn";
  return pageOf(
    intro,
    sections.map(({ heading, settings }) => ({ heading, rows: settings.map(rowOfSetting) })),
    { programName: grammar.programName, columns },
  );
}

/** A setting of identity providers is described with their names in front, those of `workload/…` as one. */
function rowOfSetting(setting: SettingDefinition): Row {
  const { flag, alias, name, variable, idpSchemas } = setting;
  const { label, words } = rowOf({ name: flag, alias, facts: setting });
  const idps = new Set([...idpSchemas.keys()].map((id) => id.replace(/\/.*/, "")));
  const isUsual = flag.replaceAll("-", "_") === name;
  return {
    label: holdsSecret(name) ? `  ${name}` : label,
    words: [
      ...(idps.size === 0 ? [] : [`${[...idps].join(", ")}:`]),
      words,
      ...(holdsSecret(name) ? ["(no flag)"] : []),
      ...(isUsual ? [] : [`(${variable}, ${name})`]),
    ].join(" "),
  };
}

/** What is read from the environment besides the variables of the settings. */
const variables: readonly Section[] = [
  {
    heading: "folders:",
    rows: [
      { label: "  TEGATA_CACHE_DIR", words: "AWS credentials and documents of the provider" },
      { label: "  TEGATA_STATE_DIR", words: "sign-ins" },
      {
        label: "  XDG_CONFIG_HOME",
        words: "the folder above that of the settings file; likewise XDG_CACHE_HOME and XDG_STATE_HOME",
      },
    ],
  },
  {
    heading: "the network:",
    rows: [
      {
        label: "  https_proxy, all_proxy",
        words: "the proxy, the first that is set; HTTPS_PROXY and ALL_PROXY likewise",
      },
      { label: "  no_proxy", words: "hosts to reach without it; NO_PROXY likewise" },
      { label: "  AWS_CA_BUNDLE", words: "a PEM file of certificates to trust as well; NODE_EXTRA_CA_CERTS likewise" },
    ],
  },
  {
    heading: "the terminal:",
    rows: [
      { label: "  NO_COLOR, FORCE_COLOR", words: "no escape sequences; colour even where there is no terminal" },
      { label: "  TERM, CI", words: "with TERM=dumb, without TERM, or with CI: plain lines" },
      { label: "  LC_ALL, LC_CTYPE, LANG", words: "the first that is set: where it is no UTF-8, no QR code" },
      { label: "  BROWSER", words: "the program that opens a page" },
    ],
  },
  {
    heading: "plugins:",
    rows: [{ label: "  TEGATA_TRUST_PLUGINS", words: "programs that run without a question: NAME@sha256:HEX" }],
  },
  {
    heading: "set for a shell or a command, for later runs to read:",
    rows: [
      { label: "  TEGATA_PROFILE", words: "the profile" },
      { label: "  TEGATA_CHOSEN", words: "what else was typed; the settings file is in TEGATA_CONFIG" },
      { label: "  TEGATA_EXEC", words: "inside exec: the profile, else the role" },
      { label: "  TEGATA_BEFORE", words: "what env has to put back" },
      { label: "  TEGATA_INSIDE", words: "set for a token_command, to notice a loop" },
    ],
  },
];

/** What is read from the environment. */
export function environmentPage({ settings, programName }: Grammar, columns = columnsOfHelp()): string {
  const ofAws = [...settings.values()].filter(({ awsVariables }) => awsVariables.length > 0);
  const rows = ofAws.map(({ name, awsVariables }) => ({
    label: `  ${awsVariables.join(", ")}`,
    words: name,
  }));
  const intro = `each setting has a variable, TEGATA_ and its name in capitals: ${programName} help settings; an empty variable counts as none`;
  const sections = [{ heading: "AWS's own, each where nothing of tegata's says the setting:", rows }, ...variables];
  return pageOf(intro, sections, { programName, columns });
}

/** Sections under each other; what is said of the names begins in one column for all of a section. */
function pageOf(
  intro: string,
  sections: readonly Section[],
  options: { readonly programName: string; readonly columns: number },
): string {
  const blocks = sections.map(({ heading, rows }) =>
    [wrap(heading, options), ...inTwoColumns(rows, options)].join("\n"),
  );
  return `${[wrap(intro, options), ...blocks].join("\n\n")}\n`;
}
