import { Readable } from "node:stream";
import type { ServerResponse } from "node:http";
import type Provider from "oidc-provider";
import type { KoaContextWithOIDC } from "oidc-provider";
import { SignJWT } from "jose";
import { PAGE_HEADERS } from "../html.ts";
import { patchJson, type FaultPlan } from "../faults.ts";
import type { SandboxResponse, Exchange, Handler } from "../http-server.ts";
import type { SandboxUser } from "../options.ts";
import type { Area } from "../request-log.ts";
import type { SecretLedger } from "../secret-ledger.ts";
import { configurationOf } from "./configuration.ts";
import { isRedirectAllowed, without, type Face, type Lifetimes } from "./face.ts";
import { spoilIdToken } from "./id-token-faults.ts";
import { interact, isInteraction } from "./interaction.ts";
import { loadProvider, makeProvider } from "./load-provider.ts";
import type { MachineClient } from "./machine-client.ts";
import type { MachineManners } from "./machine-tokens.ts";
import { memoryAdapter } from "./memory-adapter.ts";
import { errorPage } from "./pages.ts";
import { DEVICE_GRANT, type OAuthError } from "./oauth-error.ts";
import { PollingWatch } from "./polling.ts";
import { generateSigningKey, type SigningKey } from "./signing-key.ts";

/** What one identity provider is made from. */
interface IdentityProviderOptions {
  face: Face;
  machine: MachineClient;
  issuer: string;
  users: readonly SandboxUser[];
  lifetimes: Lifetimes;
  leewaySeconds: number;
  intervalSeconds: number;
  slowDownStepSeconds: number;
  redirectPorts: readonly number[];
  secrets: SecretLedger;
}

type Json = Record<string, unknown>;

const WELL_KNOWN = "/.well-known/openid-configuration";

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

/** One OpenID provider: oidc-provider, with the polling interval, the faults and the manners of its face around it. */
export class IdentityProvider implements Handler {
  readonly service: Face["name"];
  readonly #options: IdentityProviderOptions;
  readonly #adapter: ReturnType<typeof memoryAdapter>;
  readonly #watch: PollingWatch;
  readonly #exchanges = new WeakMap<object, Current>();
  /** Which organization a sign-in is for, by its `state`, then by its code and its refresh tokens. */
  readonly #organizations = new Map<string, string>();
  readonly #reuses = new WeakSet<object>();
  #engine: Promise<Engine> | undefined;

  constructor(options: IdentityProviderOptions) {
    this.service = options.face.name;
    this.#options = options;
    this.#adapter = memoryAdapter({ leewaySeconds: options.leewaySeconds, now: Date.now });
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
    const { areas, routes } = this.#options.face;
    // Where a browser comes back to after the pages.
    return areas.get(path) ?? (path.startsWith(`${routes.authorization}/`) ? "authorization" : "pages");
  }

  async handle(exchange: Exchange, response: ServerResponse, plan: FaultPlan): Promise<SandboxResponse | undefined> {
    const { request, method } = exchange;
    const { target, body } = this.#toProvider(exchange);
    // Made on the first request: an RSA key costs more than all the rest of a sandbox's start.
    this.#engine ??= this.#start([]);
    const engine = await this.#engine;
    // oidc-provider reads the body itself, and this server has read it already: hand it a stream with the same content.
    const replay = Object.assign(Readable.from([Buffer.from(body)], { objectMode: false }), {
      method,
      url: target,
      headers:
        body === exchange.body
          ? request.headers
          : { ...request.headers, "content-length": String(Buffer.byteLength(body)) },
      httpVersion: request.httpVersion,
      socket: request.socket,
      connection: request.socket,
    });
    this.#exchanges.set(replay, { exchange, plan, key: engine.keys[0] });
    const served: unknown = Reflect.apply(engine.provider.callback(), undefined, [replay, response]);
    await served;
    return undefined;
  }

  /** oidc-provider has its discovery document at the root, and does not know the secret of a client that cannot keep one. */
  #toProvider({ target, url, body, form }: Exchange): { target: string; body: string } {
    const { discoveryPath, clientSecret } = this.#options.face;
    const publicForm = new URLSearchParams(form);
    publicForm.delete("client_secret");
    return {
      target: url.pathname === discoveryPath ? WELL_KNOWN : target,
      body: clientSecret === undefined || !form.has("client_secret") ? body : publicForm.toString(),
    };
  }

  async #start(oldKeys: readonly SigningKey[]): Promise<Engine> {
    const [Class, key] = await Promise.all([loadProvider(), generateSigningKey()]);
    const keys = [key, ...oldKeys] as const;
    return { keys, provider: this.#make(Class, keys) };
  }

  #make(Class: typeof Provider, keys: Engine["keys"]): Provider {
    const { issuer, users, lifetimes, face, redirectPorts } = this.#options;
    const provider = makeProvider(
      Class,
      issuer,
      configurationOf({
        face,
        users,
        lifetimes,
        jwks: keys.map(({ jwk }) => jwk),
        adapter: this.#adapter,
        redirectPorts,
      }),
    );
    Object.defineProperty(provider.Client.prototype, "redirectUriAllowed", {
      value: (asked: string) => isRedirectAllowed(asked, face.redirects.registered(redirectPorts), face.redirects),
    });
    // The answer itself does not tell one invalid grant from another.
    provider.on("grant.error", (ctx, { error_detail: detail }) => {
      if (/already (?:used|consumed)/.test(detail ?? "")) {
        this.#reuses.add(ctx.req);
      }
    });
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
    const asked = area === "authorization" ? exchange.url.searchParams : exchange.form;
    // Also of a pushed request (RFC 9126), after which the address of the authorization endpoint says nothing of it.
    const [organization, state] = [asked.get("organization"), asked.get("state")];
    if (face.organizations && organization !== null && state !== null) {
      this.#organizations.set(state, organization);
    }
    if (area === "pages") {
      await next();
      return;
    }
    const deviceCode = exchange.form.get("grant_type") === DEVICE_GRANT ? exchange.form.get("device_code") : null;
    const notAdmitted = face.admit?.(area, asked);
    if (area === "token" && deviceCode !== null && this.#watch.tooFast(deviceCode) && !face.neverSlowsDown) {
      this.#refuse(ctx, exchange, { status: 400, error: "slow_down", description: "polling faster than the interval" });
    } else if (notAdmitted !== undefined && area === "authorization" && this.#mayGoBack(asked)) {
      const back = new URL(asked.get("redirect_uri") ?? "");
      back.searchParams.set("error", notAdmitted.error);
      back.searchParams.set("error_description", notAdmitted.description);
      back.searchParams.set("state", asked.get("state") ?? "");
      ctx.redirect(back.href);
    } else if (notAdmitted !== undefined && area === "authorization") {
      // No way back to the program: a page.
      ctx.status = notAdmitted.status;
      ctx.set(PAGE_HEADERS);
      ctx.body = errorPage(face.brand, notAdmitted);
    } else if (notAdmitted !== undefined) {
      this.#say(ctx, notAdmitted);
    } else if (area === "token" && exchange.form.get("grant_type") === "client_credentials" && face.machines) {
      await this.#giveToMachine(ctx, current, face.machines);
    } else {
      await next();
      this.#redirect(ctx, plan);
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

  #mayGoBack(asked: URLSearchParams): boolean {
    const { face, redirectPorts } = this.#options;
    const redirectUri = asked.get("redirect_uri") ?? "";
    return (
      face.refusesByRedirect && isRedirectAllowed(redirectUri, face.redirects.registered(redirectPorts), face.redirects)
    );
  }

  /** oidc-provider has one way to judge a client's assertion, and providers differ. */
  async #giveToMachine(
    ctx: KoaContextWithOIDC,
    { exchange, plan, key }: Current,
    manners: MachineManners,
  ): Promise<void> {
    const { issuer, machine, face, lifetimes, secrets } = this.#options;
    const { form, request, url } = exchange;
    const now = Math.floor(Date.now() / 1000) + plan.clockSkewSeconds;
    const asked = { issuer, form, tokenEndpoint: `${url.origin}${face.routes.token}` };
    const refusal = await machine.judge(form, request.headers.authorization, manners.assertion(asked), now);
    const given = refusal === undefined ? manners.tokens(asked) : manners.refused(refusal);
    if ("error" in given) {
      this.#say(ctx, given);
      return;
    }
    const sign = async (claims: Readonly<Record<string, unknown>>, type: string | null) => {
      const times = { iss: issuer, iat: now, exp: now + lifetimes.idToken };
      const header = { alg: "RS256", kid: key.kid, ...(type !== null && { typ: type }) };
      const token = await new SignJWT({ ...times, ...claims }).setProtectedHeader(header).sign(key.privateKey);
      // What the plan says of times is in them already.
      return spoilIdToken(token, { ...plan, clockSkewSeconds: 0 }, key);
    };
    const idToken = given.idToken && (await sign(given.idToken, "JWT"));
    // Where there is no ID token, the plan is about what stands in for it.
    const accessToken = await sign(given.accessToken, given.type === undefined ? "JWT" : given.type);
    secrets.add("id_token", idToken);
    secrets.add("access_token", accessToken);
    ctx.status = 200;
    ctx.set("Cache-Control", "no-store");
    ctx.body = {
      ...(accessToken !== undefined && { access_token: accessToken }),
      ...(idToken !== undefined && { id_token: idToken }),
      token_type: "Bearer",
      expires_in: lifetimes.idToken,
    };
  }

  /** The way back to the program that asked, as this face, and the plan, would have it. */
  #redirect(ctx: KoaContextWithOIDC, { redirect }: FaultPlan): void {
    const location = ctx.response.get("location");
    const url = URL.canParse(location) ? new URL(location) : undefined;
    // Those to pages of this provider have none.
    if (url === undefined || !url.searchParams.has("state")) {
      return;
    }
    if (!this.#options.face.namesIssuer) {
      url.searchParams.delete("iss");
    }
    if (/not allowed for this client/.test(url.searchParams.get("error_description") ?? "")) {
      url.searchParams.set("error", "unauthorized_client");
    }
    const code = url.searchParams.get("code") ?? undefined;
    this.#options.secrets.add("code", code);
    this.#passOrganization(url.searchParams.get("state"), code);
    for (const [name, value] of Object.entries(redirect?.set ?? {})) {
      url.searchParams.set(name, value);
    }
    for (const name of redirect?.remove ?? []) {
      url.searchParams.delete(name);
    }
    ctx.set("Location", url.href);
  }

  /** @returns the claims that name the organization of a sign-in, which goes on under another name from here */
  #passOrganization(from: string | null, to: unknown): Json | undefined {
    const organization = this.#organizations.get(from ?? "");
    if (organization === undefined) {
      return undefined;
    }
    if (typeof to === "string") {
      this.#organizations.set(to, organization);
    }
    return organization.startsWith("org_")
      ? { org_id: organization }
      : { org_id: `org_of${organization.toLowerCase()}`, org_name: organization.toLowerCase() };
  }

  /** An error of oidc-provider as the specifications, or this face, would have it. */
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
    const { face, intervalSeconds } = this.#options;
    const reworded = face.reword?.(refusal, {
      grantType: form.get("grant_type"),
      clientId: form.get("client_id") ?? "",
      intervalSeconds,
      isReuse: this.#reuses.has(ctx.req),
      tellsExpired: () => this.#watch.tellsExpired(form.get("device_code") ?? ""),
    });
    this.#say(ctx, reworded ?? refusal);
  }

  #say(ctx: KoaContextWithOIDC, { status, error, description, members }: OAuthError): void {
    ctx.status = status;
    ctx.set("Cache-Control", "no-store");
    ctx.body = { error, error_description: description, ...members };
  }

  /** Adds the interval, spoils the ID token, and notes down every secret of a good answer. */
  async #complete(ctx: KoaContextWithOIDC, { exchange, plan, key }: Current, area: Area): Promise<void> {
    const { body } = ctx;
    if (!isJson(body) || ctx.status !== 200) {
      return;
    }
    const { secrets, intervalSeconds, face } = this.#options;
    if (area === "device_authorization") {
      this.#watch.issued(body["device_code"]);
      secrets.add("device_code", body["device_code"]);
      ctx.body = { ...body, interval: intervalSeconds };
    }
    if (area === "token") {
      const isRefresh = exchange.form.get("grant_type") === "refresh_token";
      const { id_token: idToken, ...others } =
        isRefresh && face.refreshTokens === "kept" ? without(body, "refresh_token") : body;
      const { form } = exchange;
      const claims = this.#passOrganization(form.get("code") ?? form.get("refresh_token"), body["refresh_token"]);
      const given =
        typeof idToken === "string" && claims !== undefined
          ? await spoilIdToken(idToken, { ...plan, clockSkewSeconds: 0, idToken: { how: "claims", claims } }, key)
          : idToken;
      const spoiled = typeof given === "string" ? await spoilIdToken(given, plan, key) : undefined;
      secrets.add("access_token", body["access_token"]);
      secrets.add("refresh_token", body["refresh_token"]);
      secrets.add("id_token", idToken);
      secrets.add("id_token", spoiled);
      ctx.body = spoiled === undefined ? others : { ...others, id_token: spoiled };
    }
    if (isJson(ctx.body)) {
      const told =
        area === "discovery" && !face.namesIssuer
          ? without(ctx.body, "authorization_response_iss_parameter_supported")
          : ctx.body;
      ctx.body = face.answers?.[area]?.(told) ?? told;
    }
  }
}

function isJson(body: unknown): body is Json {
  return typeof body === "object" && body !== null && Object.getPrototypeOf(body) === Object.prototype;
}
