import type { Proxy } from "./proxy.ts";

/** A runtime's own fetch, told which proxy to use; `undefined` means no proxy, even if the variables name one. */
export type SendThrough = (url: string, init: RequestInit, proxy: Proxy | undefined) => Promise<Response>;
