/** What a person does at the verification page. */
export interface Decision {
  /** The user code, when the verification URI does not carry it. */
  userCode?: string;
  /** E-mail address of the person who signs in; default the first user. */
  as?: string;
}

const MAX_PAGES = 12;

interface Page {
  /** `data-page` of the sandbox's own pages; empty on oidc-provider's own redirecting form. */
  id: string;
  url: string;
  status: number;
  html: string;
}

/** Where a sign-in in the browser ended. */
export type BrowsedPage = Readonly<Pick<Page, "url" | "status" | "html">>;

/** A browser without scripts: cookies, redirects and forms. */
class FormBrowser {
  readonly #cookies = new Map<string, string>();
  readonly #reach: (url: string) => string;
  readonly #stopAt: string | undefined;

  /**
   * @param reach the URL at the sandbox of what has a host of its own in the world
   * @param stopAt how addresses begin that it is sent to and does not open
   */
  constructor(reach: (url: string) => string = (url) => url, stopAt?: string) {
    this.#reach = reach;
    this.#stopAt = stopAt;
  }

  async open(url: string, form?: URLSearchParams): Promise<Page> {
    let target = url;
    let body = form;
    for (let redirects = 0; redirects < MAX_PAGES; redirects += 1) {
      const response = await fetch(target, {
        method: body === undefined ? "GET" : "POST",
        redirect: "manual",
        headers: { Accept: "text/html", Cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; ") },
        ...(body !== undefined && { body }),
      });
      this.#remember(response.headers.getSetCookie());
      const location = response.headers.get("location");
      if (location === null) {
        const html = await response.text();
        return { id: /data-page="([^"]*)"/.exec(html)?.[1] ?? "", url: target, status: response.status, html };
      }
      await response.body?.cancel();
      target = this.#reach(new URL(location, target).href);
      if (this.#stopAt !== undefined && target.startsWith(this.#stopAt)) {
        return { id: "", url: target, status: response.status, html: "" };
      }
      body = undefined;
    }
    throw new Error("the verification page redirects in a circle");
  }

  /** Sends the page's form with its hidden fields and what a person adds. */
  async submit({ html, url }: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = unescapeHtml(/<form[^>]*action="([^"]*)"/.exec(html)?.[1] ?? "");
    const form = new URLSearchParams();
    for (const [input] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1];
      if (name !== undefined) {
        form.set(unescapeHtml(name), unescapeHtml(/value="([^"]*)"/.exec(input)?.[1] ?? ""));
      }
    }
    for (const [name, value] of Object.entries(fields)) {
      form.set(name, value);
    }
    return this.open(new URL(action, url).href, form);
  }

  #remember(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name !== undefined && value !== undefined) {
        if (value === "" || /expires=Thu, 01 Jan 1970/i.test(cookie)) {
          this.#cookies.delete(name);
        } else {
          this.#cookies.set(name, value);
        }
      }
    }
  }
}

/**
 * Does what a person would do with the pages of a sandbox's identity provider: enters and confirms the code, signs in, and
 * allows or denies.
 *
 * @throws {Error} when a page says that it did not work, or the other outcome comes
 */
export async function decide(
  verificationUri: string,
  outcome: "allow" | "deny",
  decision: Decision & { as: string },
): Promise<void> {
  const browser = new FormBrowser();
  const page = await walk(browser, await browser.open(verificationUri), outcome, decision);
  if (page.id !== "done" && page.id !== "denied") {
    throw new Error(`the verification page says: ${problemOf(page)}`);
  }
  if ((page.id === "done") !== (outcome === "allow")) {
    throw new Error(`the verification page ended with ${page.id}`);
  }
}

/** Signs in at an authorization request and follows the redirect back. */
export async function browse(
  authorizationUri: string,
  outcome: "allow" | "deny",
  decision: Decision & { as: string },
  reach: (url: string) => string,
): Promise<BrowsedPage> {
  const browser = new FormBrowser(reach);
  const { url, status, html } = await walk(browser, await browser.open(authorizationUri), outcome, decision);
  return { url, status, html };
}

/**
 * Signs in at an authorization request, and stops at the way back.
 *
 * @returns the address that the browser is sent to, with the code or the error
 * @throws {Error} when the provider shows a page instead
 */
export async function authorize(
  authorizationUri: string,
  outcome: "allow" | "deny",
  decision: Decision & { as: string },
  reach: (url: string) => string,
): Promise<string> {
  const redirectUri = new URL(authorizationUri).searchParams.get("redirect_uri") ?? "";
  const browser = new FormBrowser(reach, redirectUri);
  const page = await walk(browser, await browser.open(authorizationUri), outcome, decision);
  if (redirectUri === "" || !page.url.startsWith(redirectUri)) {
    throw new Error(`the provider does not send the browser back: ${problemOf(page)}`);
  }
  return page.url;
}

/** Goes through the pages of a provider, to the first that asks nothing. */
async function walk(
  browser: FormBrowser,
  first: Page,
  outcome: "allow" | "deny",
  { userCode, as }: Decision & { as: string },
): Promise<Page> {
  let page = first;
  for (let step = 0; step < MAX_PAGES; step += 1) {
    switch (page.id) {
      case "":
        // oidc-provider has a form of its own, which a script would send.
        if (!page.html.includes("<form")) {
          return page;
        }
        page = await browser.submit(page, {});
        break;
      case "code":
        if (userCode === undefined || page.html.includes('id="problem"')) {
          throw new Error(`the verification page does not take the code: ${problemOf(page)}`);
        }
        page = await browser.submit(page, { user_code: userCode });
        break;
      case "confirm":
        page = await browser.submit(page, { confirm: "yes" });
        break;
      case "login":
        if (page.html.includes('id="problem"')) {
          throw new Error(`nobody signs in as ${as}: ${problemOf(page)}`);
        }
        page = await browser.submit(page, { email: as, choice: "sign-in" });
        break;
      case "consent":
        page = await browser.submit(page, { choice: outcome });
        break;
      default:
        return page;
    }
  }
  throw new Error("the verification page comes to no end");
}

function problemOf({ html }: Page): string {
  return unescapeHtml(/id="problem"[^>]*>([^<]*)</.exec(html)?.[1] ?? "no code was given");
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
