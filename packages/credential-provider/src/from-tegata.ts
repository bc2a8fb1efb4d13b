import { type IdentityProvider, isTegataError, shownName, TegataError, type Vocabulary } from "@tegata/core";
import { createEngine, type Defaults, shownError, systemOfLibrary } from "@tegata/engine";
import { coreSettings, namesOf, readTyped, settingDefinitions } from "@tegata/engine/settings";
import { idpAuth0 } from "@tegata/idp-auth0";
import { idpEntra } from "@tegata/idp-entra";
import { idpGoogle } from "@tegata/idp-google";
import { idpOidc } from "@tegata/idp-oidc";
import { idpOkta } from "@tegata/idp-okta";
import { idpWorkload, workloadPlatforms } from "@tegata/idp-workload";
import { libraryVocabulary } from "./vocabulary.ts";
import packageJson from "../package.json" with { type: "json" };

/** The identity providers that come with tegata: the settings file of the command line names these. */
export const defaultIdps: readonly IdentityProvider[] = [
  idpAuth0,
  idpOidc,
  idpOkta,
  idpEntra,
  idpGoogle,
  idpWorkload,
  ...workloadPlatforms,
];

/** What `fromTegata` may be told. Without any of it, it does what the command line would do here. */
export interface FromTegataOptions {
  /** The section `[profile.NAME]` of `tegata.toml`; left out, the one that the command line would take. */
  readonly profile?: string;
  /** Further settings by their key in `tegata.toml`, such as `role_arn`; they outdo the file, as flags do. */
  readonly settings?: Readonly<Record<string, string | boolean>>;
  /** Identity providers by plugins, for a composition of one's own; left out, those that come with tegata. */
  readonly idps?: readonly IdentityProvider[];
  /** Settings that hold when nobody says otherwise, as the composition has them. */
  readonly defaults?: Defaults;
  /** What the command line of the composition is called, for the commands that errors name; left out, `tegata`. */
  readonly name?: string;
}

/** What the SDK calls an `AwsCredentialIdentity`. */
export interface TegataCredentialIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** The SDK asks again when less than five minutes are left. */
  readonly expiration: Date;
  readonly accountId?: string;
}

/**
 * A credential provider for the AWS SDK for JavaScript v3: the credentials of `tegata credential-process`, without a process
 * of their own. Settings, cache, locks and the sign-in are shared with the command line, so that of many programs one renews
 * and the others take its answer. Nobody is asked: sign in with `tegata login`.
 *
 * ```ts
 * const client = new S3Client({ credentials: fromTegata({ profile: "dev" }) });
 * ```
 *
 * @throws TegataError from the provider; its message ends with the command that helps, because the SDK shows nothing else
 */
export function fromTegata(options: FromTegataOptions = {}): () => Promise<TegataCredentialIdentity> {
  const { profile, settings = {}, idps = defaultIdps, defaults = {}, name = "tegata" } = options;
  return async () => {
    try {
      const flags = flagsOf({ ...settings, ...(profile === undefined ? {} : { profile }) }, idps);
      const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = await obtain(flags, idps, defaults);
      return {
        accessKeyId,
        secretAccessKey,
        sessionToken,
        expiration: new Date(expiration),
        ...(accountId === undefined ? {} : { accountId }),
      };
    } catch (error) {
      throw inOwnWords(error, libraryVocabulary(name));
    }
  };
}

/** @throws TegataError `usage_invalid` */
function flagsOf(
  settings: Readonly<Record<string, string | boolean>>,
  idps: readonly IdentityProvider[],
): Readonly<Record<string, string | boolean>> {
  const known = settingDefinitions(idps);
  const unknown = Object.keys(settings).find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new TegataError("usage_invalid", `there is no setting ${shownName(unknown)}`, {
      hint: "see docs/config.md for the settings",
    });
  }
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [namesOf(name).flag, value]));
}

async function obtain(
  flags: Readonly<Record<string, string | boolean>>,
  idps: readonly IdentityProvider[],
  defaults: Defaults,
) {
  const system = systemOfLibrary();
  const obtained = { flags, env: system.env };
  const config = readTyped("config", coreSettings.config.schema, obtained);
  const fresh = readTyped("fresh", coreSettings.fresh.schema, obtained)?.value ?? false;
  const engine = createEngine({
    system,
    plugins: { idps, formats: [] },
    programs: async () => {
      const { createPluginPrograms } = await import("@tegata/engine/plugin-programs");
      const { version } = packageJson;
      return createPluginPrograms({
        system,
        version,
        stdoutIsTerminal: false,
        log: silent,
        confirm: undefined,
        takenFlags,
      });
    },
    defaults,
    // Streams and terminal are those of the program that uses this.
    notify: { say: silent, warn: silent, log: silent },
    // Nobody is asked, no matter what the profile says: a person would see nothing of it.
    flags: { ...flags, prompt: "never" },
    positionalProfile: undefined,
    // That of the variable is read by the engine.
    config: config?.origin.kind === "flag" ? config.value : undefined,
    isForAwsClient: true,
    ignoresAwsProfile: true,
    mayAskForTrust: false,
  });
  const { credentials } = await engine.recordFailure(() => engine.credentials({ fresh }));
  return credentials;
}

const silent = () => undefined;

/** No command is here whose flags a program's settings could be called like. */
const takenFlags = { idp: new Set<string>(), format: new Set<string>() };

/** The SDK shows the message of an error and nothing else. */
function inOwnWords(error: unknown, vocabulary: Vocabulary): unknown {
  if (!isTegataError(error)) {
    return error;
  }
  const { code, message, hint, details } = shownError(error, vocabulary);
  const advice = hint === undefined ? {} : { hint };
  return new TegataError(code, hint === undefined ? message : `${message} (${hint})`, {
    ...advice,
    details,
    cause: error,
  });
}
