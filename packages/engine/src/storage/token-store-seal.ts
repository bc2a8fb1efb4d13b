import * as v from "valibot";

/** What of a sign-in must not rest in plain text. */
export interface SessionSecrets {
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
}

/** AES-256-GCM; both parts in base64url. */
export interface Sealed {
  readonly nonce: string;
  readonly sealed: string;
}

export const keyBytes = 32;
const nonceBytes = 12;

const token = v.optional(v.pipe(v.string(), v.minLength(1)));
const secretsSchema = v.object({ idToken: token, refreshToken: token });

export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;

export const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** @param owner the session's key: what is sealed for one session cannot be put into the place of another's */
export async function seal(
  secrets: SessionSecrets,
  key: Uint8Array,
  owner: string,
  random: RandomBytes,
): Promise<Sealed> {
  const nonce = random(nonceBytes);
  const { idToken, refreshToken } = secrets;
  const text = new TextEncoder().encode(JSON.stringify({ idToken, refreshToken }));
  const bytes = await crypto.subtle.encrypt(parameters(nonce, owner), await imported(key, "encrypt"), text);
  return { nonce: Buffer.from(nonce).toString("base64url"), sealed: Buffer.from(bytes).toString("base64url") };
}

/** `undefined` for another key, another owner and a changed byte. */
export async function unseal(
  { nonce, sealed }: Sealed,
  key: Uint8Array,
  owner: string,
): Promise<SessionSecrets | undefined> {
  try {
    const storedNonce = new Uint8Array(Buffer.from(nonce, "base64url"));
    const bytes = await crypto.subtle.decrypt(
      parameters(storedNonce, owner),
      await imported(key, "decrypt"),
      new Uint8Array(Buffer.from(sealed, "base64url")),
    );
    const { idToken, refreshToken } = v.parse(secretsSchema, JSON.parse(new TextDecoder().decode(bytes)));
    return { idToken, refreshToken };
  } catch {
    return undefined;
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, owner: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`tegata session 2 ${owner}`) };
}

function imported(key: Uint8Array, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", new Uint8Array(key), "AES-GCM", false, [usage]);
}
