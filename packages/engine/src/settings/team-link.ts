import { secureUrlSchema, shownValue, TegataError } from "@tegata/core";
import * as v from "valibot";

/** A link to a team's settings, as it is handed out. */
export interface TeamLink {
  /** Without the hash. */
  readonly url: string;
  /** In lower case; `undefined`: the person who opens the link has to look at what is there. */
  readonly sha256: string | undefined;
}

/**
 * Reads a link: `https://acme.com/tegata.toml#sha256=…`.
 *
 * @throws TegataError `usage_invalid`
 */
export function readTeamLink(text: string): TeamLink {
  const [url = "", fragment, ...more] = text.split("#");
  const judged = v.safeParse(secureUrlSchema, url);
  if (!judged.success) {
    throw badLink(url, judged.issues[0].message);
  }
  const hash = /^sha256=([0-9a-f]{64})$/i.exec(fragment ?? "")?.[1]?.toLowerCase();
  if (more.length > 0 || (fragment !== undefined && hash === undefined)) {
    throw badLink(text, "must end with #sha256= and 64 hex digits, or with none of that");
  }
  return { url: judged.output, sha256: hash };
}

function badLink(text: string, issue: string): TegataError {
  const shown = shownValue(text.replace(/\/\/[^/]*@/, "//…@"), 500);
  return new TegataError("usage_invalid", `the link ${shown} ${issue}`, {
    hint: "write it as it was handed out: https://acme.com/tegata.toml#sha256=…",
  });
}
