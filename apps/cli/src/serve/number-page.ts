import { createHash } from "node:crypto";

const style = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center}
main{max-width:26rem;padding:2rem}
h1{font-size:1.4rem;margin:0 0 1rem}
p{margin:0 0 1rem}
label{display:block;font-weight:600;margin:0 0 .4rem}
input{font:1.5rem ui-monospace,monospace;letter-spacing:.15em;width:10.5ch;padding:0 .6rem;border:1px solid #888;border-radius:.4rem}
input,button{box-sizing:border-box;height:3rem;vertical-align:top}
button{font:inherit;margin-left:.6rem;padding:0 1.1rem;border:0;border-radius:.4rem;background:#0b57d0;color:#fff}
.wrong{border-left:.25rem solid #c5221f;padding-left:.75rem}`;

interface NumberPage {
  readonly title: string;
  /** What stands above the form, or in its place. */
  readonly text: string;
  /** Left out where there is nothing to type any more. */
  readonly form?: { readonly isWrong: boolean } | undefined;
}

/** A page without script and without anything from elsewhere. `title` and `text` are this program's own words. */
export function renderNumberPage({ title, text, form }: NumberPage): string {
  const wrong = form?.isWrong === true ? `<p class="wrong" role="alert">That is not the number.</p>` : "";
  const fields = `<form method="post"><label for="number">Number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="off" maxlength="7" required autofocus><button>Open</button>
</form>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${style}</style></head>
<body><main><h1>${title}</h1>
<p>${text}</p>
${wrong}${form === undefined ? "" : fields}
</main></body></html>
`;
}

/** @param next where the form may lead to: browsers apply `form-action` to every redirect behind a form */
export function numberPageHeaders(next: string): Readonly<Record<string, string>> {
  const styleHash = createHash("sha256").update(style).digest("base64");
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `style-src 'sha256-${styleHash}'`,
      `form-action 'self' https: ${new URL(next).origin}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "x-frame-options": "DENY",
  };
}
