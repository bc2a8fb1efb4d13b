import { printable } from "@tegata/core";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Exchange } from "./exchanges.ts";
import type { Check } from "./run-checks.ts";
import { failed, ok, skipped, warning } from "./step.ts";

/** Beyond it nothing is made up for, and AWS takes no signed request. */
const maxSeconds = 300;
/** A token may be of the future by that much. */
const noticedSeconds = 60;

const advice = "set the clock of this machine, best by a time server";

/** This machine's clock beside those of the servers that answered. */
export const clockCheck: Check<Pick<DiagnosisContext, "exchanges">> = {
  id: "clock",
  sends: true,
  run: ({ exchanges }) => {
    const [furthest] = offsetsIn(exchanges.list()).toSorted(
      (one, other) => Math.abs(other.seconds) - Math.abs(one.seconds),
    );
    if (furthest === undefined) {
      return [skipped("clock", "no server said what time it is")];
    }
    const { host, seconds } = furthest;
    const amount = Math.abs(seconds);
    if (amount < 2) {
      return [ok("clock", `agrees with ${printable(host)}`)];
    }
    const message = `${amount} s ${seconds > 0 ? "behind" : "ahead of"} ${printable(host)}`;
    if (amount > maxSeconds) {
      return [failed("clock", "id_token_invalid", `${message}, and more than 5 minutes are not made up for`, advice)];
    }
    return [
      amount > noticedSeconds ? warning("clock", `${message}, which is made up for`, advice) : ok("clock", message),
    ];
  },
};

/** How far each host's clock is ahead, in whole seconds. */
export function offsetsIn(
  exchanges: readonly Exchange[],
): readonly { readonly host: string; readonly seconds: number }[] {
  return exchanges.flatMap(({ host, clockOffsetMilliseconds: offset }) =>
    offset === undefined ? [] : [{ host, seconds: Math.round(offset / 1000) }],
  );
}
