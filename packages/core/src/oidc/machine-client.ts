import type { ClientKey } from "./client-key.ts";

/** A client that can prove who it is: by a secret, or by a key that only it has. */
export interface MachineClient {
  readonly clientId: string;
  readonly credential: ClientCredential;
}

/** How a client proves who it is. */
export type ClientCredential =
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "key"; readonly key: ClientKey };
