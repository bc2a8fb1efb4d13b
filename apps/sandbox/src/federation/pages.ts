import { escapeHtml, page } from "../html.ts";
import type { ConsoleSession } from "./console-sessions.ts";

const BRAND = "Sandbox AWS console";

/** The console of a signed-in browser; each fact has a stable id and stands in a data attribute of `#session`. */
export function consolePage({ credentials, destination, issuer, expiresAt }: ConsoleSession): string {
  const { accountId, roleName, sessionName } = credentials;
  const expires = new Date(expiresAt).toISOString().replace(/\.\d+Z$/, "Z");
  const facts = [
    ["account", "Account", accountId],
    ["role", "Role", roleName],
    ["session-name", "Session", sessionName],
    ["destination", "Destination", destination],
    ["issuer", "Sign in again at", issuer],
    ["expires", "Until", expires],
  ] as const;
  const attributes = facts.map(([id, , value]) => `data-${id}="${escapeHtml(value)}"`).join(" ");
  const rows = facts
    .filter(([, , value]) => value !== "")
    .map(([id, label, value]) => `<dt>${label}</dt><dd id="${id}">${escapeHtml(value)}</dd>`)
    .join("\n");
  return page("console", {
    title: "Signed in to the console",
    brand: BRAND,
    content: `<dl id="session" ${attributes}>\n${rows}\n</dl>`,
  });
}

/** The console of a browser that is not signed in. */
export function signedOutPage(): string {
  return page("signed-out", {
    title: "You are not signed in",
    brand: BRAND,
    content: `<p role="status">Open a console sign-in URL first.</p>`,
  });
}

/** The sign-in page's refusal; the endpoint answers HTML, not JSON. */
export function refusalPage(message: string): string {
  return page("error", {
    title: "Error: Invalid credentials parameter",
    brand: BRAND,
    content: `<p id="problem" role="alert">${escapeHtml(message)}</p>
<p class="soft">HTTP Status 400: The request sent by the client was syntactically incorrect.</p>`,
  });
}
