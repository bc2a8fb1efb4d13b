import {
  accountSchema,
  acrValuesSchema,
  durationSecondsSchema,
  externalIdSchema,
  type IdentityProvider,
  idpPromptSchema,
  isRoleSessionName,
  lengthOfTimeSchema,
  maxSessionPolicyArns,
  policyNameSchema,
  regionSchemaSuggesting,
  roleArnSchema,
  secureUrlSchema,
  sessionPolicySchema,
  sessionTagsSchema,
  sourceIdentitySchema,
  tagKeysSchema,
  TegataError,
} from "@tegata/core";
import * as v from "valibot";
import { didYouMean } from "./nearest-name.ts";
import { describeSchema, type SchemaDescription } from "./describe-schema.ts";
import { holdsSecret } from "./setting-value.ts";

/** The kinds of section of `tegata.toml` that a setting may stand in. */
export type SectionKind = "profile" | "idp";

interface CoreSetting {
  readonly schema: v.GenericSchema;
  /** Lower case, no full stop. */
  readonly description: string;
  /** What each of its choices means, for completions. */
  readonly meanings?: Readonly<Record<string, string>>;
  /** None: only a flag or a variable can say it. */
  readonly sections: readonly SectionKind[];
  /** AWS's own variables, the strongest first. */
  readonly awsVariables?: readonly string[];
  readonly defaultText?: string;
  readonly alias?: string;
  /** True where it says which credentials, or whose. */
  readonly choosesCredentials?: true;
  /** False where it leads to a file or a program of the machine: what comes from elsewhere must not say that. */
  readonly isShareable?: false;
}

const nameSchema = v.pipe(v.string("must be a name"), v.nonEmpty("must not be empty"));
const inProfile: readonly SectionKind[] = ["profile"];
const nowhere: readonly SectionKind[] = [];

/** The settings of the program itself. Each is a flag and a `TEGATA_` variable as well. */
export const coreSettings = {
  profile: {
    schema: nameSchema,
    description: "the section [profile.NAME] of the settings file",
    sections: nowhere,
    // Where a section of that name is there; never for what AWS clients start.
    awsVariables: ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"],
    defaultText: "default_profile, else the only one, else none",
    alias: "p",
  },
  config: {
    schema: v.pipe(v.string("must be a path"), v.nonEmpty("must not be empty")),
    description: "the settings file",
    sections: nowhere,
    defaultText: "tegata.toml in the platform's configuration folder",
  },
  idp: {
    schema: nameSchema,
    description: "a section [idp.NAME] of the settings file, or the id of an identity provider plugin",
    sections: inProfile,
    choosesCredentials: true,
  },
  role_arn: {
    schema: roleArnSchema,
    description: "the ARN of the IAM role to assume",
    sections: inProfile,
    awsVariables: ["AWS_ROLE_ARN"],
    choosesCredentials: true,
  },
  role_session_name: {
    schema: v.pipe(
      v.string("must be text"),
      v.check(isRoleSessionName, "must be 2 to 64 ASCII letters, digits and _+=,.@-"),
    ),
    description: "the session's name in CloudTrail",
    sections: inProfile,
    awsVariables: ["AWS_ROLE_SESSION_NAME"],
    defaultText: "the e-mail address, else the subject",
    choosesCredentials: true,
  },
  duration: {
    schema: durationSecondsSchema,
    description: "how long the credentials last: 1h, 45m or seconds; 15 minutes to 12 hours",
    sections: inProfile,
    defaultText: "1h",
    choosesCredentials: true,
  },
  source_profile: {
    schema: nameSchema,
    description: "the profile whose role assumes this one",
    sections: inProfile,
    choosesCredentials: true,
  },
  external_id: {
    schema: externalIdSchema,
    description: "what the role's trust policy wants to see of the role that assumes it",
    sections: inProfile,
    choosesCredentials: true,
  },
  source_identity: {
    schema: sourceIdentitySchema,
    description: "who is behind the session, for CloudTrail and for all roles that follow",
    sections: inProfile,
    choosesCredentials: true,
  },
  session_tags: {
    schema: sessionTagsSchema,
    description: "a tag of the session, KEY=VALUE; once for each tag",
    sections: inProfile,
    choosesCredentials: true,
  },
  transitive_tag_keys: {
    schema: tagKeysSchema,
    description: "the key of a session tag that roles which follow get, too; once for each key",
    sections: inProfile,
    choosesCredentials: true,
  },
  session_policy: {
    schema: sessionPolicySchema,
    description: "a policy as JSON text: the credentials may do no more than it allows",
    sections: inProfile,
    choosesCredentials: true,
  },
  session_policy_file: {
    schema: v.pipe(v.string("must be a path"), v.nonEmpty("must not be empty")),
    description: "a file with such a policy",
    sections: inProfile,
    isShareable: false,
    choosesCredentials: true,
  },
  session_policy_arns: {
    schema: v.pipe(
      v.array(policyNameSchema, "must be a list"),
      v.maxLength(maxSessionPolicyArns, `must be at most ${maxSessionPolicyArns} policies`),
    ),
    description: "a managed policy by its ARN, or one of AWS's own by its name; once for each policy",
    sections: inProfile,
    choosesCredentials: true,
  },
  region: {
    schema: regionSchemaSuggesting(didYouMean),
    description: "the region of STS and of the console",
    sections: inProfile,
    awsVariables: ["AWS_REGION", "AWS_DEFAULT_REGION"],
    defaultText: "the first region of the role's partition",
    choosesCredentials: true,
  },
  flow: {
    schema: v.picklist(["device", "browser", "auto", "client-credentials"]),
    description:
      "how a person signs in: device, with a code, in any browser; browser, in a browser on this machine; auto: browser, if one can be opened here; client-credentials: nobody does, the client has a secret or a key",
    meanings: {
      device: "with a code, in any browser",
      browser: "in a browser on this machine",
      auto: "in a browser, if one can be opened here; else with a code",
      "client-credentials": "nobody does: the client has a secret or a key",
    },
    sections: ["profile", "idp"],
    defaultText: "device, if the provider has it; else browser",
    choosesCredentials: true,
  },
  account: {
    schema: accountSchema,
    description: "who is to sign in: the e-mail address, user name or subject that the provider has for the person",
    sections: ["profile", "idp"],
    defaultText: "anyone",
    choosesCredentials: true,
  },
  max_age: {
    schema: lengthOfTimeSchema,
    description: "how long ago the person may have signed in at the provider when a sign-in begins: 8h, 30m or seconds",
    sections: ["profile", "idp"],
    choosesCredentials: true,
  },
  acr_values: {
    schema: acrValuesSchema,
    description: "how the person is to sign in: classes of the provider, the best first, with spaces between them",
    sections: ["profile", "idp"],
    choosesCredentials: true,
  },
  idp_prompt: {
    schema: idpPromptSchema,
    description: "what the provider is to ask the person: login, consent, select_account",
    sections: ["profile", "idp"],
  },
  roles_claim: {
    schema: nameSchema,
    description: "the claim of the ID token that lists the roles which the person may take, besides AWS's own claim",
    sections: ["profile", "idp"],
  },
  roles_url: {
    schema: secureUrlSchema,
    description: "the address of the company's list of roles, a JSON document; nothing of the person is sent there",
    sections: ["profile", "idp"],
  },
  prompt: {
    schema: v.picklist(["auto", "always", "never", "tty"]),
    description: "whether to ask a person to sign in; tty: on the terminal, also behind an AWS client",
    meanings: {
      auto: "ask on a terminal, and nobody behind an AWS client",
      always: "ask, also where there is no terminal",
      never: "ask nobody",
      tty: "ask on the terminal, also behind an AWS client",
    },
    sections: inProfile,
    defaultText: "auto; never behind credential_process",
  },
  browser: {
    schema: v.boolean("must be true or false"),
    description: "open the verification page in the browser",
    sections: inProfile,
    defaultText: "on a desktop, not over SSH, in a container or on CI",
  },
  hint: {
    schema: v.picklist(["stderr", "tty"]),
    description: "where the hint goes when credential_process fails; tty: to the terminal as well",
    meanings: { stderr: "to stderr alone, which many AWS clients hide", tty: "to the terminal as well" },
    sections: inProfile,
    defaultText: "stderr",
  },
  token_store: {
    schema: v.picklist(["auto", "keyring", "file", "none"]),
    description:
      "how the sign-in is stored; auto: encrypted with a key in the keyring, if there is one, else in a plain file",
    meanings: {
      auto: "encrypted with a key in the keyring, if there is one; else in a plain file",
      keyring: "encrypted with a key in the keyring",
      file: "in a file that only you can read",
      none: "nowhere",
    },
    sections: inProfile,
    defaultText: "auto",
  },
  fresh: {
    schema: v.boolean("must be true or false"),
    description: "get new AWS credentials even if the cached ones are still valid",
    sections: nowhere,
  },
  quiet: { schema: v.boolean("must be true or false"), description: "say less on stderr", sections: nowhere },
  verbose: {
    schema: v.boolean("must be true or false"),
    description: "say more on stderr, never a secret",
    sections: nowhere,
  },
  error_format: {
    schema: v.picklist(["text", "json"]),
    description: "how errors are written to stderr",
    meanings: { text: "for people", json: "one JSON object, for programs" },
    sections: nowhere,
    defaultText: "text",
  },
  federation_endpoint: {
    schema: secureUrlSchema,
    description: "the endpoint of the console sign-in, instead of the partition's own",
    sections: inProfile,
    choosesCredentials: true,
  },
  sts_endpoint: {
    schema: secureUrlSchema,
    description: "the endpoint of STS, instead of the region's own",
    sections: inProfile,
    awsVariables: ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"],
    choosesCredentials: true,
  },
  use_fips_endpoint: {
    schema: v.boolean("must be true or false"),
    description: "use the FIPS endpoint of STS",
    sections: inProfile,
    awsVariables: ["AWS_USE_FIPS_ENDPOINT"],
    defaultText: "false",
    choosesCredentials: true,
  },
  use_dualstack_endpoint: {
    schema: v.boolean("must be true or false"),
    description: "use the dual-stack (IPv4 and IPv6) endpoint of STS",
    sections: inProfile,
    awsVariables: ["AWS_USE_DUALSTACK_ENDPOINT"],
    defaultText: "false",
    choosesCredentials: true,
  },
} as const satisfies Readonly<Record<string, CoreSetting>>;

export type CoreSettingName = keyof typeof coreSettings;
export type CoreSettingValue<Name extends CoreSettingName> = v.InferOutput<(typeof coreSettings)[Name]["schema"]>;

/** A setting as flags, help, variables and the file's check see it. */
export interface SettingDefinition extends SchemaDescription {
  /** The key in `tegata.toml`: `role_arn`. */
  readonly name: string;
  /** Without the dashes: `role-arn`. */
  readonly flag: string;
  /** `TEGATA_ROLE_ARN`. */
  readonly variable: string;
  readonly alias: string | undefined;
  readonly description: string;
  /** What each of its choices means, as far as that is more than its name. */
  readonly meanings?: Readonly<Record<string, string>> | undefined;
  /** True where it says which credentials, or whose; every setting of an IdP does. */
  readonly choosesCredentials: boolean;
  readonly sections: readonly SectionKind[];
  readonly awsVariables: readonly string[];
  /**
   * True where a team's file may say it, which comes from elsewhere: no secret, nothing that leads to a file, a variable or a program
   * of this machine.
   */
  readonly isShareable: boolean;
  /** By plugin id, the schemas of an IdP's own setting; empty for a setting of the program itself. */
  readonly idpSchemas: ReadonlyMap<string, v.GenericSchema>;
  /** True for a setting of an identity provider that signs people in. */
  readonly isOfPeople: boolean;
}

/** By list of plugins: each run asks several times, about the same list. */
const known = new WeakMap<readonly IdentityProvider[], ReadonlyMap<string, SettingDefinition>>();

/**
 * Every setting there is: those of the program, then those of the plugins. A setting that several plugins have is one
 * flag, described by the first.
 *
 * @throws TegataError `internal` for a plugin whose setting is called like one of the program's: a bug of the author who composed them
 */
export function settingDefinitions(idps: readonly IdentityProvider[]): ReadonlyMap<string, SettingDefinition> {
  const definitions = known.get(idps) ?? new Map([...coreDefinitions(idps), ...idpDefinitions(idps)]);
  known.set(idps, definitions);
  return definitions;
}

function coreDefinitions(idps: readonly IdentityProvider[]): readonly (readonly [string, SettingDefinition])[] {
  return Object.entries<CoreSetting>(coreSettings).map(([name, setting]) => {
    const { schema, meanings, sections, awsVariables = [], choosesCredentials = false, isShareable = true } = setting;
    const defaultText = () => (name === "idp" ? impliedText(idps) : setting.defaultText);
    const texts = { description: () => setting.description, defaultText };
    const idpSchemas = new Map<string, v.GenericSchema>();
    const facts = {
      meanings,
      alias: setting.alias,
      choosesCredentials,
      isShareable,
      sections,
      awsVariables,
      idpSchemas,
      isOfPeople: false,
    };
    return [name, definitionOf(name, schema, facts, texts)] as const;
  });
}

/** Which identity provider it is where nobody names one, by what the plugins say of themselves. */
function impliedText(idps: readonly IdentityProvider[]): string | undefined {
  const words = idps.flatMap((idp) =>
    idp.kind === "interactive" && idp.impliedBy !== undefined
      ? [`${idp.id} with --${namesOf(idp.impliedBy).flag}`]
      : [],
  );
  const workload = idps.find(({ kind }) => kind === "workload");
  const all = [...words, ...(workload === undefined ? [] : [`${workload.id} in a job or pod with a token`])];
  return all.length === 0 ? undefined : all.join(", ");
}

function idpDefinitions(idps: readonly IdentityProvider[]): readonly (readonly [string, SettingDefinition])[] {
  const schemas = new Map<string, Map<string, v.GenericSchema>>();
  const ofPeople = new Set(
    idps.flatMap(({ kind, settings }) => (kind === "interactive" ? Object.keys(settings.entries) : [])),
  );
  for (const idp of idps) {
    for (const [name, schema] of Object.entries(idp.settings.entries)) {
      if (Object.hasOwn(coreSettings, name) || name === "type") {
        throw new TegataError(
          "internal",
          `the identity provider ${idp.id} cannot have a setting called ${name}: that name is taken`,
        );
      }
      schemas.set(name, (schemas.get(name) ?? new Map<string, v.GenericSchema>()).set(idp.id, schema));
    }
  }
  return [...schemas].flatMap(([name, idpSchemas]) => {
    const sections = ["profile", "idp"] as const;
    const isOfPeople = ofPeople.has(name);
    const isShareable = !leadsToMachine(name);
    const common = { alias: undefined, choosesCredentials: true, isShareable, awsVariables: [] };
    const facts = { ...common, sections, idpSchemas, isOfPeople };
    return [...idpSchemas].slice(0, 1).map(([id, schema]) => {
      const described = describeSchema(schema);
      const texts = {
        description: () => described.description ?? `a setting of ${id}`,
        defaultText: () => described.defaultText,
      };
      return [name, definitionOf(name, schema, facts, texts)] as const;
    });
  });
}

/**
 * By the names that settings of plugins have: what holds a secret, or says in which file, variable, program, keyring or socket
 * something is. A plugin of somebody else's is judged by them too.
 */
function leadsToMachine(name: string): boolean {
  return holdsSecret(name) || /_(file|path|folder|dir|variable|command|program|keyring|socket)$/.test(name);
}

/** @param texts found when help or a message asks for them */
function definitionOf(
  name: string,
  schema: v.GenericSchema,
  facts: Pick<
    SettingDefinition,
    | "alias"
    | "meanings"
    | "choosesCredentials"
    | "isShareable"
    | "sections"
    | "awsVariables"
    | "idpSchemas"
    | "isOfPeople"
  >,
  texts: { readonly description: () => string; readonly defaultText: () => string | undefined },
): SettingDefinition {
  const described = describeSchema(schema);
  return {
    ...namesOf(name),
    ...facts,
    kind: described.kind,
    get choices() {
      return described.choices;
    },
    get description() {
      return texts.description();
    },
    get defaultText() {
      return texts.defaultText();
    },
  };
}

/** The flag and the variable that a key of the file has: `role_arn`, `--role-arn`, `TEGATA_ROLE_ARN`. */
export function namesOf(name: string): SettingNames {
  const found = named.get(name);
  if (found !== undefined) {
    return found;
  }
  const flag = singular.get(name) ?? name.replaceAll("_", "-");
  const names = { name, flag, variable: `TEGATA_${name.toUpperCase()}` };
  if (Object.hasOwn(coreSettings, name)) {
    named.set(name, names);
  }
  return names;
}

interface SettingNames {
  readonly name: string;
  readonly flag: string;
  readonly variable: string;
}

/** Of the program's own settings: a run asks for each as often as there are profiles. */
const named = new Map<string, SettingNames>();

/** Of a list, each flag is one of it. */
const singular: ReadonlyMap<string, string> = new Map([
  ["session_tags", "session-tag"],
  ["transitive_tag_keys", "transitive-tag-key"],
  ["session_policy_arns", "session-policy-arn"],
]);
