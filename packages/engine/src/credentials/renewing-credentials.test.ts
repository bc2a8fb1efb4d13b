import { TegataError, toIsoSeconds } from "@tegata/core";
import { heldClock, sampleCredentials } from "@tegata/testkit";
import { expect, it } from "vitest";
import type { CredentialsRecord } from "../storage/credentials-cache.ts";
import { type Renewal, renewingCredentials } from "./renewing-credentials.ts";

const start = Date.parse("2026-05-01T10:00:00Z");
const minute = 60_000;

/** Credentials of an hour. */
const obtained = (obtainedAt: number, accessKeyId = "ASIA"): CredentialsRecord => ({
  credentials: { ...sampleCredentials, accessKeyId, expiration: toIsoSeconds(obtainedAt + 60 * minute) },
  obtainedAt,
  subject: "ann",
  issuer: "https://idp.example",
  roleArn: "arn:aws:iam::123456789012:role/Developer",
  roleSessionName: "ann",
});

function setUp(renew: (attempt: number) => Promise<CredentialsRecord>, mayHandOut?: Renewal["mayHandOut"]) {
  const clock = heldClock(start);
  const told: unknown[] = [];
  let attempts = 0;
  const get = renewingCredentials({
    first: obtained(start, "ASIAFIRST"),
    renew: () => renew((attempts += 1)),
    ...(mayHandOut && { mayHandOut }),
    clock,
    onFailure: (error) => told.push(error),
  });
  const keyOf = async () => (await get()).credentials.accessKeyId;
  return { clock, told, keyOf, attempts: () => attempts };
}

const signInRequired = new TegataError("sign_in_required", "a sign-in in the browser is needed");

it("fresh credentials are not renewed", async () => {
  const { clock, keyOf, attempts } = setUp(() => Promise.reject(signInRequired));
  clock.advance(40 * minute);
  expect([await keyOf(), attempts()]).toEqual(["ASIAFIRST", 0]);
});

it("fresh credentials of a sign-in that has ended are not handed out; those of the next one are", async () => {
  let isSignedIn = true;
  const { told, keyOf } = setUp(
    (attempt) => (attempt === 1 ? Promise.reject(signInRequired) : Promise.resolve(obtained(start, "ASIASECOND"))),
    ({ credentials }) => Promise.resolve(isSignedIn || credentials.accessKeyId === "ASIASECOND"),
  );
  expect(await keyOf()).toBe("ASIAFIRST");
  isSignedIn = false;
  await expect(keyOf()).rejects.toBe(signInRequired);
  expect(told).toEqual([signInRequired]);
  expect(await keyOf()).toBe("ASIASECOND");
});

it.each([
  ["about to end", 50],
  ["ended", 61],
])("a hundred requests for credentials that are %s make one renewal", async (_what, minutes) => {
  const { clock, keyOf, attempts } = setUp(() => Promise.resolve(obtained(start + minutes * minute, "ASIASECOND")));
  clock.advance(minutes * minute);
  const keys = await Promise.all(Array.from({ length: 100 }, keyOf));
  expect(new Set(keys)).toEqual(new Set(["ASIASECOND"]));
  expect([await keyOf(), attempts(), clock.sleepers]).toEqual(["ASIASECOND", 1, 0]);
});

it("a client does not wait for a slow renewal while the credentials live, and the new ones come after it", async () => {
  const { clock, keyOf, attempts } = setUp(async () => {
    await clock.sleep(2000);
    return obtained(clock.now(), "ASIASECOND");
  });
  clock.advance(50 * minute);
  const first = keyOf();
  await Promise.resolve();
  clock.advance(500);
  expect(await first).toBe("ASIAFIRST");
  const second = keyOf();
  await Promise.resolve();
  clock.advance(1500);
  expect([await second, await keyOf(), attempts()]).toEqual([expect.any(String), "ASIASECOND", 1]);
});

it("a renewal that failed is tried again after half a minute while the credentials live, and nobody is told", async () => {
  const { clock, told, keyOf, attempts } = setUp((attempt) =>
    attempt === 1 ? Promise.resolve(obtained(start, "ASIAFIRST")) : Promise.reject(signInRequired),
  );
  clock.advance(50 * minute);
  expect([await keyOf(), await keyOf(), attempts()]).toEqual(["ASIAFIRST", "ASIAFIRST", 1]);
  clock.advance(31_000);
  expect([await keyOf(), await keyOf(), attempts()]).toEqual(["ASIAFIRST", "ASIAFIRST", 2]);
  expect(told).toEqual([]);
});

it("a person is told once that nothing is left, and once more after the next success", async () => {
  let works = false;
  const { clock, told, keyOf } = setUp(() =>
    works ? Promise.resolve(obtained(clock.now(), "ASIASECOND")) : Promise.reject(signInRequired),
  );
  clock.advance(61 * minute);
  await expect(keyOf()).rejects.toBe(signInRequired);
  await expect(keyOf()).rejects.toBe(signInRequired);
  expect(told).toEqual([signInRequired]);
  works = true;
  expect(await keyOf()).toBe("ASIASECOND");
  works = false;
  clock.advance(61 * minute);
  await expect(keyOf()).rejects.toBe(signInRequired);
  expect(told).toEqual([signInRequired, signInRequired]);
});
