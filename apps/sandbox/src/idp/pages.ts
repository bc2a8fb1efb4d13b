import { escapeHtml, page } from "../html.ts";

/** A hidden field that a form has to carry. */
interface HiddenField {
  name: string;
  value: string;
}

interface Form {
  action: string;
  hidden?: readonly HiddenField[];
}

function form({ action, hidden = [] }: Form, content: string): string {
  const fields = hidden.map(
    ({ name, value }) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  return `<form method="post" action="${escapeHtml(action)}">${fields.join("")}${content}</form>`;
}

/** Page `code`: type the code that the device shows. */
export function codePage(
  brand: string,
  target: Form,
  { value = "", wrong }: { value?: string; wrong?: string },
): string {
  const problem = wrong === undefined ? "" : `<p class="wrong" role="alert" id="problem">${escapeHtml(wrong)}</p>`;
  return page("code", {
    title: "Enter the code",
    brand,
    content: `${problem}<p>Your device shows a code of eight letters.</p>${form(
      target,
      `<label for="user_code">Code</label>
<input id="user_code" name="user_code" value="${escapeHtml(value)}" placeholder="XXXX-XXXX" required autofocus autocomplete="off" autocapitalize="characters" spellcheck="false">
<div class="actions"><button id="continue">Continue</button></div>`,
    )}`,
  });
}

/** Page `confirm`: compare the code. */
export function confirmPage(
  brand: string,
  target: Form,
  { client, userCode }: { client: string; userCode: string },
): string {
  return page("confirm", {
    title: "Is this the code on your device?",
    brand,
    content: `<output class="code" id="user_code" data-user-code="${escapeHtml(userCode)}">${escapeHtml(userCode)}</output>
<p><strong>${escapeHtml(client)}</strong> asks to sign in. Go on only if you started this yourself and the codes are the same.</p>
${form(
  { ...target, hidden: [...(target.hidden ?? []), { name: "user_code", value: userCode }] },
  `<div class="actions"><button id="confirm" name="confirm" value="yes" autofocus>Yes, it is the same</button>
<button id="abort" class="quiet" name="abort" value="yes">No, cancel</button></div>`,
)}`,
  });
}

/** Page `login`: who is it? */
export function loginPage(
  brand: string,
  target: Form,
  { emails, wrong }: { emails: readonly string[]; wrong?: string },
): string {
  const problem = wrong === undefined ? "" : `<p class="wrong" role="alert" id="problem">${escapeHtml(wrong)}</p>`;
  return page("login", {
    title: "Sign in",
    brand,
    content: `${problem}${form(
      target,
      `<label for="email">E-mail address</label>
<input id="email" name="email" type="email" list="people" value="${escapeHtml(emails[0] ?? "")}" required autofocus autocomplete="username">
<datalist id="people">${emails.map((email) => `<option value="${escapeHtml(email)}"></option>`).join("")}</datalist>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" aria-describedby="any">
<p class="soft" id="any">This is a sandbox: any password will do, also none.</p>
<div class="actions"><button id="sign-in" name="choice" value="sign-in">Sign in</button>
<button id="cancel" class="quiet" name="choice" value="cancel" formnovalidate>Cancel</button></div>`,
    )}`,
  });
}

/** Page `consent`: allow or deny. */
export function consentPage(
  brand: string,
  target: Form,
  { client, email, scopes }: { client: string; email: string; scopes: readonly string[] },
): string {
  return page("consent", {
    title: `Allow ${client}?`,
    brand,
    content: `<p>Signed in as <strong id="email">${escapeHtml(email)}</strong>. <strong>${escapeHtml(client)}</strong> asks for:</p>
<ul>${scopes.map((scope) => `<li>${escapeHtml(scope)}</li>`).join("")}</ul>
${form(
  target,
  `<div class="actions"><button id="allow" name="choice" value="allow" autofocus>Allow</button>
<button id="deny" class="quiet" name="choice" value="deny">Deny</button></div>`,
)}`,
  });
}

/** Pages `done` and `denied`. */
export function closingPage(brand: string, outcome: "done" | "denied"): string {
  return outcome === "done"
    ? page("done", {
        title: "You are signed in",
        brand,
        content: `<p role="status">Go back to your device. You can close this page.</p>`,
      })
    : page("denied", {
        title: "Nothing was allowed",
        brand,
        content: `<p role="status">The device gets no access. You can close this page.</p>`,
      });
}

/** Page `error`. */
export function errorPage(brand: string, { error, description }: { error: string; description: string }): string {
  return page("error", {
    title: "That did not work",
    brand,
    content: `<p class="wrong" role="alert" id="problem">${escapeHtml(description)}</p><p class="soft"><code>${escapeHtml(error)}</code></p>`,
  });
}
