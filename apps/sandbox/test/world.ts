import * as v from "valibot";
import { expect } from "vitest";
import type { Sandbox } from "../src/index.ts";

const SCOPE = "openid profile email groups offline_access";
export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

type FaceName = "oidc" | "auth0";

const deviceResponse = v.looseObject({
  device_code: v.string(),
  user_code: v.string(),
  verification_uri: v.string(),
  verification_uri_complete: v.string(),
  expires_in: v.number(),
  interval: v.number(),
});
const tokenResponse = v.looseObject({
  access_token: v.string(),
  id_token: v.string(),
  refresh_token: v.string(),
});
const discoveryResponse = v.looseObject({
  issuer: v.string(),
  device_authorization_endpoint: v.string(),
  token_endpoint: v.string(),
  revocation_endpoint: v.string(),
  jwks_uri: v.string(),
});

type Tokens = v.InferOutput<typeof tokenResponse>;

/** A string that fits the pattern, for toEqual and toMatchObject. */
export function like(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

export interface JsonResponse {
  status: number;
  headers: Headers;
  json: unknown;
}

export async function post(url: string, parameters: Record<string, string>): Promise<JsonResponse> {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(parameters) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === "" ? undefined : JSON.parse(text) };
}

export async function discover(sandbox: Sandbox, face: FaceName): Promise<v.InferOutput<typeof discoveryResponse>> {
  const response = await fetch(`${sandbox[face].issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  return v.parse(discoveryResponse, await response.json());
}

export async function authorizeDevice(
  sandbox: Sandbox,
  face: FaceName,
  parameters: Record<string, string> = {},
): Promise<v.InferOutput<typeof deviceResponse>> {
  const { device_authorization_endpoint: url } = await discover(sandbox, face);
  const { json } = await post(url, { client_id: sandbox[face].clientId, scope: SCOPE, ...parameters });
  return v.parse(deviceResponse, json);
}

export async function poll(sandbox: Sandbox, face: FaceName, deviceCode: string): Promise<JsonResponse> {
  const { token_endpoint: url } = await discover(sandbox, face);
  return post(url, { client_id: sandbox[face].clientId, grant_type: DEVICE_GRANT, device_code: deviceCode });
}

export async function refresh(sandbox: Sandbox, face: FaceName, refreshToken: string): Promise<JsonResponse> {
  const { token_endpoint: url } = await discover(sandbox, face);
  return post(url, { client_id: sandbox[face].clientId, grant_type: "refresh_token", refresh_token: refreshToken });
}

/** A person allows, and the first poll brings the tokens. */
export async function signInRaw(sandbox: Sandbox, face: FaceName, as = "ann@example.com"): Promise<JsonResponse> {
  const device = await authorizeDevice(sandbox, face);
  await sandbox.approve(device.verification_uri_complete, { as });
  return poll(sandbox, face, device.device_code);
}

export function tokensOf({ json }: JsonResponse): Tokens {
  return v.parse(tokenResponse, json);
}

export async function signIn(sandbox: Sandbox, face: FaceName = "oidc", as?: string): Promise<Tokens> {
  return tokensOf(await signInRaw(sandbox, face, as));
}

export interface StsResponse {
  status: number;
  xml: string;
  code: string | undefined;
  message: string | undefined;
}

export function textOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`)
    .exec(xml)?.[1]
    ?.replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

export async function askSts(
  sandbox: Sandbox,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<StsResponse> {
  const response = await fetch(`${sandbox.sts.endpoint}/`, {
    method: "POST",
    headers,
    body: new URLSearchParams({ Version: "2011-06-15", ...parameters }),
  });
  const xml = await response.text();
  return { status: response.status, xml, code: textOf(xml, "Code"), message: textOf(xml, "Message") };
}

export function assumeRole(
  sandbox: Sandbox,
  idToken: string,
  parameters: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<StsResponse> {
  return askSts(
    sandbox,
    {
      Action: "AssumeRoleWithWebIdentity",
      RoleArn: sandbox.roles.developer,
      RoleSessionName: "ann@example.com",
      WebIdentityToken: idToken,
      ...parameters,
    },
    headers,
  );
}

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

export function keysOf({ xml }: StsResponse): Keys {
  return {
    accessKeyId: textOf(xml, "AccessKeyId") ?? "",
    secretAccessKey: textOf(xml, "SecretAccessKey") ?? "",
    sessionToken: textOf(xml, "SessionToken") ?? "",
  };
}
