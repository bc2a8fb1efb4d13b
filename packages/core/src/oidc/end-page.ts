/** The page at which a sign-in in the browser ends. Every text in it may come from elsewhere. */
export interface EndPage {
  readonly title: string;
  readonly text: string;
  /** What the sign-in gave, by name. */
  readonly facts?: readonly (readonly [name: string, value: string])[] | undefined;
  /** What to do next. */
  readonly next?: string | undefined;
  readonly isBad?: boolean;
}

const style = `:root{color-scheme:light dark;--paper:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#5b6470;--line:#dfe3e8;--mark:#1a7f4b}
@media(prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1d2126;--ink:#eceff3;--soft:#a3acb8;--line:#333941;--mark:#4cc38a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{width:100%;max-width:30rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-top:.3rem solid var(--mark);border-radius:.6rem;overflow-wrap:anywhere}
main.bad{--mark:#c5362b}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25}
p{margin:.75rem 0 0}
dl{margin:1.25rem 0 0;padding:0;border-top:1px solid var(--line)}
dl div{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:.55rem 0;border-bottom:1px solid var(--line)}
dt{flex:0 0 7rem;color:var(--soft)}
dd{flex:1 1 12rem;margin:0}
.next{padding:.7rem .9rem;background:var(--paper);border-radius:.4rem;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9rem}
.brand{color:var(--soft);font-size:.85rem}`;

/** HTML without script and without anything from elsewhere. */
export function endPage({ title, text, facts = [], next, isBad = false }: EndPage): string {
  const rows = facts.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`);
  const list = rows.length === 0 ? "" : `<dl>${rows.join("")}</dl>\n`;
  const advice = next === undefined ? "" : `<p class="next">${escapeHtml(next)}</p>\n`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main${isBad ? ' class="bad"' : ""}><h1>${escapeHtml(title)}</h1>
<p role="status">${escapeHtml(text)}</p>
${advice}${list}</main></body></html>
`;
}

/** The headers of {@link endPage}: nothing but its own style sheet is let in. */
export async function endPageHeaders(): Promise<Readonly<Record<string, string>>> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `style-src 'sha256-${hash}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "x-frame-options": "DENY",
  };
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}
