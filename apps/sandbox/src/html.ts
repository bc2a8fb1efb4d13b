/** Text made safe for an HTML text node or a double-quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Headers of every page: nothing is loaded from elsewhere, nothing is framed. A form may lead to a program on this machine:
 * Chromium applies `form-action` to the redirects behind it as well.
 */
export const PAGE_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http://127.0.0.1:* http://localhost:*; base-uri 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
} as const;

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d5dbe3;--ground:#eef1f5;--card:#fff;--go:#1457c8;--on-go:#fff;--stop:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#a3aebd;--line:#3a4453;--ground:#12161c;--card:#1c222b;--go:#8ab4ff;--on-go:#0b1526;--stop:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:30rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.9rem}
h1{margin:0 0 .75rem;font-size:1.4rem;line-height:1.25}
p{margin:0 0 1rem}main>:last-child{margin-bottom:0}.soft{color:var(--soft);font-size:.9rem}.wrong{color:var(--stop);font-weight:600}
.brand{margin:0 0 1.25rem;color:var(--soft);font-size:.85rem;letter-spacing:.02em}
.code{display:block;margin:0 0 1rem;padding:1rem .5rem;border:1px solid var(--line);border-radius:.6rem;text-align:center;font:700 2rem/1.2 ui-monospace,monospace;letter-spacing:.12em}
label{display:block;margin:0 0 .3rem;font-weight:600}
input:not([type=hidden]){width:100%;margin:0 0 1rem;padding:.65rem .75rem;border:1px solid var(--soft);border-radius:.5rem;background:transparent;color:inherit;font:inherit}
input[name=user_code]{text-transform:uppercase;font:700 1.25rem ui-monospace,monospace;letter-spacing:.1em;text-align:center}
.actions{display:flex;gap:.75rem;flex-wrap:wrap;margin-top:.5rem}
button{flex:1 1 8rem;padding:.7rem 1rem;border:1px solid var(--go);border-radius:.5rem;background:var(--go);color:var(--on-go);font:inherit;font-weight:600;cursor:pointer}
button.quiet{background:transparent;border-color:var(--line);color:inherit}
:focus-visible{outline:3px solid var(--go);outline-offset:2px}
ul{margin:0 0 1rem;padding-left:1.2rem}
dl{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:.4rem 1rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
`;

/** A page. `id` is the stable `data-page` that tests and the demo go by; `content` is HTML. */
export function page(id: string, { title, brand, content }: { title: string; brand: string; content: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · ${escapeHtml(brand)}</title>
<style>${STYLE}</style>
</head>
<body>
<main data-page="${escapeHtml(id)}">
<p class="brand">${escapeHtml(brand)}</p>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`;
}
