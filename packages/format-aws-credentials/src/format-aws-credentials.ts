import { parseAwsFile, sectionsOfProfile } from "@tegata/aws-config-files";
import {
  awsEnvironment,
  defineFormat,
  flag,
  hint,
  type Machine,
  thisProgram,
  shownPath,
  shownValue,
  TegataError,
  words,
} from "@tegata/core";
import * as v from "valibot";
import { withoutProfile, withProfile } from "./profile-section.ts";

const maxBytes = 1_048_576;

const nameRule = "must be made of letters, digits and _ - . / % @ : +, which is what all SDKs read";
/** In Python, and so in the AWS CLI, `[DEFAULT]` is no profile: every profile inherits from it. */
const profileName = v.pipe(
  v.string(),
  v.regex(/^[\w./%@:+-]+$/, nameRule),
  v.notValue("DEFAULT", "must not be DEFAULT, which every profile inherits from; write it in lower case"),
);

/**
 * A profile in the shared AWS credentials file. What tegata wrote earlier is replaced; sections and keys of others,
 * comments, order and line ends stay as they are.
 *
 * @throws TegataError `usage_invalid` for a name or a path that not all SDKs read, `settings_incomplete` without a home
 *   folder, `file_unreadable`, `file_unwritable`, `storage_locked`
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export const formatAwsCredentials = defineFormat({
  id: "aws-credentials",
  summary: "write a profile into the shared AWS credentials file",
  examples: [
    { line: "aws-credentials dev", what: "write the profile dev" },
    { line: "aws-credentials dev --unset", what: "remove it again" },
  ],
  options: v.strictObject({
    aws_profile: v.optional(
      v.pipe(
        profileName,
        v.description("the profile to write (default: the name of the profile of the settings; without one, default)"),
      ),
    ),
    overwrite_foreign_keys: v.optional(
      v.pipe(v.boolean(), v.description("replace keys in that profile that are somebody else's; they are lost")),
      false,
    ),
    force: v.optional(
      v.pipe(v.boolean(), v.description("write although ~/.aws/config has credential_process for that profile")),
      false,
    ),
  }),
  asksPerson: "terminal",
  async checkPlatform({ aws_profile: option, force }, { machine, profile }) {
    if (!force) {
      await refuseBesideProcess(chosenName(option, profile), machine);
    }
  },
  render(credentials, options, { machine, profile, region, tell }) {
    const path = credentialsPath(machine);
    const name = chosenName(options.aws_profile, profile);
    // Proves the values, too.
    const variables = awsEnvironment(credentials, region);
    const values = {
      aws_access_key_id: variables.AWS_ACCESS_KEY_ID,
      aws_secret_access_key: variables.AWS_SECRET_ACCESS_KEY,
      aws_session_token: variables.AWS_SESSION_TOKEN,
      aws_account_id: variables.AWS_ACCOUNT_ID,
      region: variables.AWS_REGION,
      x_tegata_expiration: variables.AWS_CREDENTIAL_EXPIRATION,
    };
    return {
      stdout: "",
      afterwards: async () => {
        await machine.updateFile(path, maxBytes, (text = "") =>
          withProfile({ path, text }, name, values, options.overwrite_foreign_keys),
        );
        tell(`profile ${name} in ${shownPath(path)} is good until ${credentials.expiration}`);
      },
    };
  },
  unsetOptions: ["aws_profile"],
  renderUnset(options, { machine, profile, tell }) {
    const path = credentialsPath(machine);
    const name = chosenName(options.aws_profile, profile);
    return {
      stdout: "",
      afterwards: async () => {
        let isRemoved = false;
        await machine.updateFile(path, maxBytes, (text) => {
          const without = text === undefined ? undefined : withoutProfile({ path, text }, name);
          isRemoved = without !== undefined;
          return without;
        });
        if (!isRemoved) {
          tell(words`nothing is removed: ${thisProgram} wrote no profile ${name} into ${shownPath(path)}`);
        }
      },
    };
  },
});

/**
 * Clients do not agree on which comes first, and the SDK for .NET calls such a profile invalid: it goes on to the container's
 * or the machine's credentials without a word.
 */
async function refuseBesideProcess(name: string, machine: Machine): Promise<void> {
  for (const path of await configPaths(machine)) {
    // What cannot be read has no effect on a client either.
    const text = await machine.readFile(path, maxBytes).catch(() => undefined);
    const sections = sectionsOfProfile("config", parseAwsFile(text ?? ""), name);
    if (sections.some(({ keys }) => keys.some(({ key }) => key === "credential_process"))) {
      throw new TegataError(
        "file_unwritable",
        `the profile ${name} has credential_process in ${shownPath(path)}, and would have keys in ${shownPath(credentialsPath(machine))}: clients take the one or the other, and the SDK for .NET neither`,
        {
          hint: [
            hint`${flag("aws-profile", "NAME")} names another one`,
            hint`${flag("force")} writes them all the same`,
          ],
        },
      );
    }
  }
}

/** The file that `AWS_CONFIG_FILE` names; and the standard one, which the SDK for .NET reads when there is no such file. */
async function configPaths(machine: Machine): Promise<readonly string[]> {
  const named = machine.variable("AWS_CONFIG_FILE");
  const home = machine.variable(homeVariable(machine));
  const standard = home === undefined ? [] : [`${home}/.aws/config`];
  if (named === undefined) {
    return standard;
  }
  const expanded = /^~[/\\]/.test(named) && home !== undefined ? `${home}/${named.slice(2)}` : named;
  const isThere = await machine.readFile(named, maxBytes).then(
    (text) => text !== undefined,
    () => true,
  );
  return isThere ? [named] : [...new Set([expanded, ...standard])];
}

function homeVariable({ platform }: Machine): string {
  return platform === "win32" ? "USERPROFILE" : "HOME";
}

function chosenName(option: string | undefined, profile: string | undefined): string {
  const name = option ?? profile ?? "default";
  const judged = v.safeParse(profileName, name, { abortEarly: true });
  if (!judged.success) {
    throw new TegataError("usage_invalid", `the name ${shownValue(name, 60)} ${judged.issues[0].message}`, {
      hint: hint`${flag("aws-profile", "NAME")}`,
    });
  }
  return name;
}

function credentialsPath(machine: Machine): string {
  const named = machine.variable("AWS_SHARED_CREDENTIALS_FILE");
  if (named !== undefined) {
    if (/^~|\$/.test(named)) {
      throw new TegataError(
        "usage_invalid",
        `AWS_SHARED_CREDENTIALS_FILE is ${shownValue(named)}, and only some SDKs replace the ~ or $ in it`,
        { hint: "write the whole path" },
      );
    }
    return named;
  }
  const home = homeVariable(machine);
  const folder = machine.variable(home);
  if (folder === undefined) {
    throw new TegataError("settings_incomplete", `${home} is not set, so there is no ~/.aws/credentials`, {
      hint: "name the file in AWS_SHARED_CREDENTIALS_FILE",
    });
  }
  return `${folder}/.aws/credentials`;
}
