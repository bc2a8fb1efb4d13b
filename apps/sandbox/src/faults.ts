import * as v from "valibot";
import { FACES_ON_DEMAND } from "./options.ts";
import type { Area, Requester, Service } from "./request-log.ts";

const FAULT_AREAS = [
  "discovery",
  "authorization",
  "device_authorization",
  "token",
  "jwks",
  "revocation",
  "sts",
  "federation",
] as const satisfies readonly Area[];

const scope = {
  /** Only at one of the identity providers. */
  face: v.optional(v.picklist(["oidc", "auth0", ...FACES_ON_DEMAND])),
  /** Whose requests meet it; default `client`. */
  from: v.optional(v.picklist(["client", "sts", "anyone"])),
  /** Only the next N matching requests; default every one until `clear`. */
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
};
const area = v.picklist(FAULT_AREAS);
const jsonObject = v.record(v.string(), v.unknown());

const idTokenFault = v.variant("how", [
  v.strictObject({ how: v.literal("missing") }),
  v.strictObject({ how: v.literal("claims"), claims: jsonObject, remove: v.optional(v.array(v.string())) }),
  v.strictObject({ how: v.literal("header"), header: jsonObject, remove: v.optional(v.array(v.string())) }),
  v.strictObject({
    how: v.literal("text"),
    header: v.optional(v.string()),
    payload: v.optional(v.string()),
    after: v.optional(v.string()),
  }),
  v.strictObject({ how: v.literal("badSignature") }),
  v.strictObject({ how: v.literal("algNone") }),
  v.strictObject({ how: v.literal("unknownKey") }),
  v.strictObject({ how: v.literal("noKeyId") }),
]);

/** Schema of {@link Fault}; the control port's JSON is read with it. */
export const faultSchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("slow"), area, milliseconds: v.pipe(v.number(), v.minValue(0)), ...scope }),
  v.strictObject({ kind: v.literal("hold"), area, ...scope }),
  v.strictObject({ kind: v.literal("reset"), area, ...scope }),
  v.strictObject({ kind: v.literal("loseResponse"), area, ...scope }),
  v.strictObject({
    kind: v.literal("status"),
    area,
    status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
    headers: v.optional(v.record(v.string(), v.string())),
    body: v.optional(v.string()),
    ...scope,
  }),
  v.strictObject({
    kind: v.literal("patchJson"),
    area: v.picklist(FAULT_AREAS.filter((one) => one !== "sts")),
    patch: jsonObject,
    remove: v.optional(v.array(v.string())),
    ...scope,
  }),
  v.strictObject({ kind: v.literal("idToken"), fault: idTokenFault, ...scope }),
  v.strictObject({
    kind: v.literal("redirect"),
    set: v.optional(v.record(v.string(), v.string())),
    remove: v.optional(v.array(v.string())),
    ...scope,
  }),
  v.strictObject({ kind: v.literal("clockSkew"), seconds: v.number(), area: v.optional(area), ...scope }),
  v.strictObject({
    kind: v.literal("stsError"),
    code: v.string(),
    httpStatus: v.optional(v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599))),
    message: v.optional(v.string()),
    ...scope,
  }),
  v.strictObject({ kind: v.literal("rejectSessionDuration"), ...scope }),
]);

/**
 * One thing that goes wrong on purpose.
 *
 * - `slow`: the answer waits. `hold`: the request is carried out, and its answer waits until `clear`. `reset`: the connection is cut. `status`: a foreign answer in place of the real one.
 * - `loseResponse`: the request is carried out, then the connection is cut: a refresh token has been rotated, a code used.
 * - `patchJson`: shallow merge over the real JSON answer, then `remove`.
 * - `idToken`: what the token endpoint does to the ID token; claims, header and `text` (JSON as it is to stand there, and what
 *   stands behind the token) are re-signed with the provider's real key.
 * - `redirect`: other parameters on the way back to the program that asked for the authorization.
 * - `clockSkew`: offset in seconds of the `Date` header, of `iat`, `exp` and `auth_time`, and of the clock of STS and federation.
 * - `stsError`: an error of STS by AWS code. `rejectSessionDuration`: the federation endpoint refuses it as for chained roles.
 */
export type Fault = v.InferOutput<typeof faultSchema>;

/** How an ID token is spoiled. */
export type IdTokenFault = v.InferOutput<typeof idTokenFault>;

/** What is to go wrong with one request. */
export interface FaultPlan {
  slowMilliseconds: number;
  /** The answer waits for it. */
  held?: Promise<void>;
  reset: boolean;
  loseResponse: boolean;
  status?: Extract<Fault, { kind: "status" }>;
  patches: readonly { patch: Readonly<Record<string, unknown>>; remove?: readonly string[] | undefined }[];
  idToken?: IdTokenFault;
  redirect?: Extract<Fault, { kind: "redirect" }>;
  clockSkewSeconds: number;
  stsError?: Extract<Fault, { kind: "stsError" }>;
  rejectSessionDuration: boolean;
}

/** The request that faults are looked up for. */
interface FaultTarget {
  area: Area;
  service: Service;
  from: Requester;
}

/** The faults of one sandbox that are switched on. */
export class FaultBoard {
  #faults: { fault: Fault; left: number }[] = [];
  #releases: (() => void)[] = [];

  /** Switches a fault on, besides those that are on already. */
  set(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.#faults = [];
    this.#releases.forEach((release) => release());
    this.#releases = [];
  }

  /** The plan for one request; faults with `times` are used up by it. */
  take(target: FaultTarget): FaultPlan {
    const hits = this.#faults.filter(({ fault }) => matches(fault, target));
    for (const hit of hits) {
      hit.left -= 1;
    }
    this.#faults = this.#faults.filter(({ left }) => left > 0);
    const isHeld = hits.some(({ fault }) => fault.kind === "hold");
    const held = isHeld ? new Promise<void>((resolve) => this.#releases.push(resolve)) : undefined;
    return { ...plan(hits.map(({ fault }) => fault)), ...(held && { held }) };
  }
}

function matches(fault: Fault, { area: requested, service, from }: FaultTarget): boolean {
  if ((fault.from ?? "client") !== "anyone" && (fault.from ?? "client") !== from) {
    return false;
  }
  if (fault.face !== undefined && fault.face !== service) {
    return false;
  }
  switch (fault.kind) {
    case "idToken":
      return requested === "token";
    case "redirect":
      return requested === "authorization";
    case "stsError":
      return requested === "sts";
    case "rejectSessionDuration":
      return requested === "federation";
    case "clockSkew":
      return fault.area === undefined || fault.area === requested;
    case "slow":
    case "hold":
    case "reset":
    case "loseResponse":
    case "status":
    case "patchJson":
      return fault.area === requested;
    default:
      return fault satisfies never;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function plan(faults: readonly Fault[]): FaultPlan {
  const first = <K extends Fault["kind"]>(kind: K): Extract<Fault, { kind: K }> | undefined =>
    faults.find((fault): fault is Extract<Fault, { kind: K }> => fault.kind === kind);
  const status = first("status");
  const idToken = first("idToken");
  const stsError = first("stsError");
  const redirect = first("redirect");
  return {
    slowMilliseconds: sum(faults.flatMap((fault) => (fault.kind === "slow" ? [fault.milliseconds] : []))),
    clockSkewSeconds: sum(faults.flatMap((fault) => (fault.kind === "clockSkew" ? [fault.seconds] : []))),
    reset: first("reset") !== undefined,
    loseResponse: first("loseResponse") !== undefined,
    rejectSessionDuration: first("rejectSessionDuration") !== undefined,
    patches: faults.flatMap((fault) => (fault.kind === "patchJson" ? [fault] : [])),
    ...(status && { status }),
    ...(idToken && { idToken: idToken.fault }),
    ...(stsError && { stsError }),
    ...(redirect && { redirect }),
  };
}

/** The JSON answer with every patch of the plan laid over it. */
export function patchJson(body: Readonly<Record<string, unknown>>, { patches }: FaultPlan): Record<string, unknown> {
  const patched: Record<string, unknown> = { ...body };
  for (const { patch, remove } of patches) {
    Object.assign(patched, patch);
    for (const name of remove ?? []) {
      delete patched[name];
    }
  }
  return patched;
}
