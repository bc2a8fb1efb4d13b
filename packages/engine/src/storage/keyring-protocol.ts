import * as v from "valibot";

/** The one argument by which the program, started again, serves its own keyring requests; no command, and not in `--help`. */
export const keyringWord = "__keyring";

/** The name under which a keyring shows what is ours. */
export const keyringService = "tegata";

/** Written before the keyring is touched: from there on the time limit counts. */
export const readyLine = "ready\n";

const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const key = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const name = v.pipe(v.string(), v.nonEmpty(), v.maxLength(511));
/** More than any keyring takes. */
const secret = v.pipe(v.string(), v.maxLength(65_536));

/** What is asked, on stdin, as JSON: nothing of it ever stands in an argument list. */
export const keyringRequest = v.pipe(
  v.variant("do", [
    v.object({ do: v.literal("read"), id }),
    v.object({ do: v.literal("write"), id, key }),
    v.object({ do: v.literal("remove"), ids: v.array(id) }),
    // What a person has put there. A key of ours opens a sign-in, and nobody has a use for it elsewhere.
    v.object({ do: v.literal("secret"), service: name, account: name }),
  ]),
  v.check(
    (request) => request.do !== "secret" || request.service !== keyringService || !v.is(id, request.account),
    "must be no key of ours",
  ),
);
export type KeyringRequest = v.InferOutput<typeof keyringRequest>;

/**
 * What comes back, on stdout behind {@link readyLine}. `missing`: there is no keyring here, and nothing is wrong;
 * `trouble`: there is one, but it does not do its work. Reasons are words of ours: a library's own might hold anything.
 */
export const keyringReply = v.variant("kind", [
  v.object({ kind: v.literal("done"), key: v.optional(key), secret: v.optional(secret) }),
  v.object({ kind: v.literal("missing"), reason: v.string() }),
  v.object({ kind: v.literal("trouble"), reason: v.string() }),
]);
export type KeyringReply = v.InferOutput<typeof keyringReply>;
