import { Readable } from "node:stream";
import type { ServerResponse } from "node:http";
import type Provider from "oidc-provider";
import type { KoaContextWithOIDC } from "oidc-provider";
import { patchJson, type FaultPlan } from "../faults.ts";
import type { Answer, Exchange, Handler } from "../http-server.ts";
import type { SandboxUser } from "../options.ts";
import type { Area } from "../request-log.ts";
import type { SecretLedger } from "../secret-ledger.ts";
import { asAuth0, DEVICE_GRANT, type OAuthError } from "./auth0-errors.ts";
import { configurationOf, type Face, type Lifetimes } from "./configuration.ts";
import { spoilIdToken } from "./id-token-faults.ts";
import { interact, isInteraction } from "./interaction.ts";
import { loadProvider, makeProvider } from "./load-provider.ts";
import { memoryAdapter } from "./memory-adapter.ts";
import { PollingWatch } from "./polling.ts";
import { generateSigningKey, type SigningKey } from "./signing-key.ts";

/** What one identity provider is made from. */
export interface IdentityProviderOptions {
  face: Face;
  issuer: string;
  users: readonly SandboxUser[];
  lifetimes: Lifetimes;
  intervalSeconds: number;
  slowDownStepSeconds: number;
  secrets: SecretLedger;
}

type Json = Record<string, unknown>;

/** oidc-provider with its keys, the signing one first. It keeps no state, so new keys mean a new one. */
interface Engine {
  provider: Provider;
  keys: readonly [SigningKey, ...SigningKey[]];
}

/** The request that oidc-provider is busy with. */
interface Current {
  exchange: Exchange;
  plan: FaultPlan;
  key: SigningKey;
}

/** One OpenID provider: oidc-provider, with the polling interval, the faults and Auth0's manners around it. */
export class IdentityProvider implements Handler {
  readonly service: Face["name"];
  readonly #options: IdentityProviderOptions;
  readonly #adapter = memoryAdapter();
  readonly #watch: PollingWatch;
  readonly #exchanges = new WeakMap<object, Current>();
  #engine: Promise<Engine> | undefined;

  constructor(options: IdentityProviderOptions) {
    this.service = options.face.name;
    this.#options = options;
    this.#watch = new PollingWatch({
      intervalSeconds: options.intervalSeconds,
      stepSeconds: options.slowDownStepSeconds,
    });
  }

  /** Signs with a new key from now on; the old ones stay in the JWKS unless they are to be dropped. */
  async rotateKeys({ dropOld = false }: { dropOld?: boolean } = {}): Promise<void> {
    const old = await this.#engine;
    this.#engine = this.#start(dropOld ? [] : (old?.keys ?? []));
    await this.#engine;
  }

  area(_method: string, path: string): Area {
    return this.#options.face.areas.get(path) ?? "pages";
  }

  async handle(exchange: Exchange, response: ServerResponse, plan: FaultPlan): Promise<Answer | undefined> {
    const { request, target, method } = exchange;
    // Made on the first request: an RSA key costs more than all the rest of a sandbox's start.
    this.#engine ??= this.#start([]);
    const engine = await this.#engine;
    // oidc-provider reads the body itself, and this server has read it already: hand it a stream with the same content.
    const replay = Object.assign(Readable.from([Buffer.from(exchange.body)], { objectMode: false }), {
      method,
      url: target,
      headers: request.headers,
      httpVersion: request.httpVersion,
      socket: request.socket,
      connection: request.socket,
    });
    this.#exchanges.set(replay, { exchange, plan, key: engine.keys[0] });
    const served: unknown = Reflect.apply(engine.provider.callback(), undefined, [replay, response]);
    await served;
    return undefined;
  }

  async #start(oldKeys: readonly SigningKey[]): Promise<Engine> {
    const [Class, key] = await Promise.all([loadProvider(), generateSigningKey()]);
    const keys = [key, ...oldKeys] as const;
    return { keys, provider: this.#make(Class, keys) };
  }

  #make(Class: typeof Provider, keys: Engine["keys"]): Provider {
    const { issuer, users, lifetimes, face } = this.#options;
    const provider = makeProvider(
      Class,
      issuer,
      configurationOf({
        face,
        users,
        lifetimes,
        jwks: keys.map(({ jwk }) => jwk),
        adapter: this.#adapter,
      }),
    );
    provider.use((ctx: KoaContextWithOIDC, next) => this.#around(provider, ctx, next));
    return provider;
  }

  async #around(provider: Provider, ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
    const current = this.#exchanges.get(ctx.req);
    if (current === undefined) {
      throw new Error("a request went past the server");
    }
    const { exchange, plan } = current;
    const { face, users } = this.#options;
    if (isInteraction(ctx.path)) {
      await interact(provider, ctx, exchange.form, { brand: face.brand, users, accountIdOf: face.accountIdOf });
      return;
    }
    const area = this.area(ctx.method, ctx.path);
    if (area === "pages") {
      await next();
      return;
    }
    const deviceCode = exchange.form.get("grant_type") === DEVICE_GRANT ? exchange.form.get("device_code") : null;
    if (area === "token" && deviceCode !== null && this.#watch.tooFast(deviceCode)) {
      this.#refuse(ctx, exchange, { status: 400, error: "slow_down", description: "polling faster than the interval" });
    } else {
      await next();
      this.#reword(ctx, exchange, area);
      await this.#complete(ctx, current, area);
    }
    if (face.documentCacheControl !== undefined && (area === "discovery" || area === "jwks")) {
      ctx.set("Cache-Control", face.documentCacheControl);
    }
    if (isJson(ctx.body)) {
      ctx.body = patchJson(ctx.body, plan);
    }
  }

  /** An error of oidc-provider as the specifications, or Auth0, would have it. */
  #reword(ctx: KoaContextWithOIDC, exchange: Exchange, area: Area): void {
    if (!isJson(ctx.body) || typeof ctx.body["error"] !== "string") {
      return;
    }
    const { error, error_description: text } = ctx.body;
    const description = typeof text === "string" ? text : "";
    const grantMissing = /not allowed for this client/.test(description);
    this.#refuse(ctx, exchange, {
      status: ctx.status,
      error: grantMissing ? "unauthorized_client" : error,
      description,
    });
    if (area === "revocation") {
      ctx.set("Cache-Control", "no-store");
    }
  }

  #refuse(ctx: KoaContextWithOIDC, { form }: Exchange, refusal: OAuthError): void {
    const { status, error, description } =
      this.service === "auth0"
        ? asAuth0(refusal, {
            grantType: form.get("grant_type"),
            intervalSeconds: this.#options.intervalSeconds,
            tellsExpired: () => this.#watch.tellsExpired(form.get("device_code") ?? ""),
          })
        : refusal;
    ctx.status = status;
    ctx.set("Cache-Control", "no-store");
    ctx.body = { error, error_description: description };
  }

  /** Adds the interval, spoils the ID token, and notes down every secret of a good answer. */
  async #complete(ctx: KoaContextWithOIDC, { plan, key }: Current, area: Area): Promise<void> {
    const { body } = ctx;
    if (!isJson(body) || ctx.status !== 200) {
      return;
    }
    const { secrets, intervalSeconds } = this.#options;
    if (area === "device_authorization") {
      this.#watch.issued(body["device_code"]);
      secrets.add("device_code", body["device_code"]);
      ctx.body = { ...body, interval: intervalSeconds };
    }
    if (area === "token") {
      const { id_token: idToken, ...others } = body;
      const spoiled = typeof idToken === "string" ? await spoilIdToken(idToken, plan, key) : undefined;
      secrets.add("access_token", body["access_token"]);
      secrets.add("refresh_token", body["refresh_token"]);
      secrets.add("id_token", idToken);
      secrets.add("id_token", spoiled);
      ctx.body = spoiled === undefined ? others : { ...others, id_token: spoiled };
    }
  }
}

function isJson(body: unknown): body is Json {
  return typeof body === "object" && body !== null && Object.getPrototypeOf(body) === Object.prototype;
}
