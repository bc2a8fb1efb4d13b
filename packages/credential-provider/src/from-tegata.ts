import { defaultTegata, insideAnotherProgram, type Tegata } from "@tegata/cli";
import { isTegataError, TegataError } from "@tegata/core";

export interface FromTegataOptions {
  /** The section `[profile.NAME]` of `tegata.toml`; left out, the one that the command line would take. */
  readonly profile?: string;
  /** Further settings by their key in `tegata.toml`, such as `role_arn`; they outdo the file, as flags do. */
  readonly settings?: Readonly<Record<string, string | boolean>>;
  /** A composition with plugins of its own (`createTegata`); left out, the one of the command `tegata`. */
  readonly tegata?: Tegata;
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
  const { profile, settings = {} } = options;
  const flags = Object.fromEntries(
    Object.entries({ ...settings, ...(profile === undefined ? {} : { profile }) }).map(([key, value]) => [
      key.replaceAll("_", "-"),
      value,
    ]),
  );
  let tegata = options.tegata;
  return async () => {
    tegata ??= defaultTegata();
    try {
      const credentials = await tegata.credentials(flags, insideAnotherProgram());
      const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = credentials;
      return {
        accessKeyId,
        secretAccessKey,
        sessionToken,
        expiration: new Date(expiration),
        ...(accountId === undefined ? {} : { accountId }),
      };
    } catch (error) {
      throw withHintInMessage(error);
    }
  };
}

function withHintInMessage(error: unknown): unknown {
  if (!isTegataError(error) || error.hint === undefined) {
    return error;
  }
  const { code, message, hint, details } = error;
  return new TegataError(code, `${message} (${hint})`, { hint, details, cause: error });
}
