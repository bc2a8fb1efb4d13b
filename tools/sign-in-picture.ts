/**
 * `npm run picture`: records a sign-in at the sandbox on a terminal of 80 columns, and the AWS CLI after it, and draws both
 * as `docs/pictures/sign-in.svg` for the README. `--print` writes it to stdout; a test compares that with the file.
 *
 * Every line is what the binary and `aws` printed. Only what differs from run to run, or is the sandbox's, is replaced by a
 * value of the same kind, so that two recordings make the same picture. It needs no font, no script and no network.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSandbox, type Sandbox } from "@tegata/sandbox";

const root = fileURLToPath(new URL("..", import.meta.url));
const picture = `${root}docs/pictures/sign-in.svg`;
const tegata = `${root}dist/tegata`;

const columns = 80;
/** Too low for a QR code, which would hold an address of the sandbox. */
const rows = 14;

/** A run of characters that look alike. */
interface Span {
  readonly text: string;
  readonly look: "plain" | "bold" | "dim";
}

type Line = readonly Span[];

/** A line of the picture: when it appears, and when it goes again, in seconds from the start. */
interface Appearance {
  readonly row: number;
  readonly line: Line;
  readonly fromSeconds: number;
  readonly untilSeconds?: number;
  /** A command, which appears letter by letter, behind a prompt that is there before. */
  readonly typedSeconds?: number;
}

const home = await mkdtemp(join(tmpdir(), "tegata-picture-"));
const sandbox = await startSandbox({ intervalSeconds: 1 });
try {
  const env = await prepare(sandbox);
  const svg = draw(schedule(await recordSignIn(env), await recordAws(env)));
  if (process.argv.includes("--print")) {
    process.stdout.write(svg);
  } else {
    await mkdir(fileURLToPath(new URL("../docs/pictures", import.meta.url)), { recursive: true });
    await writeFile(picture, svg);
    console.log("wrote docs/pictures/sign-in.svg");
  }
} finally {
  await sandbox.close();
  await rm(home, { recursive: true, force: true });
}

/** A home folder as step 3 and step 5 of the README leave it, and the variables of a person's terminal. */
async function prepare({ auth0, roles, sts }: Sandbox): Promise<Record<string, string>> {
  const settings = `[idp.acme]
type = "auth0"
domain = "${auth0.domain}"
client_id = "${auth0.clientId}"

[profile.dev]
idp = "acme"
role_arn = "${roles.developer}"
region = "eu-central-1"
duration = "4h"
`;
  await mkdir(join(home, ".aws"));
  await writeFile(join(home, "tegata.toml"), settings);
  const config = `[profile dev]\ncredential_process = ${tegata} credential-process dev\nregion = eu-central-1\n`;
  await writeFile(join(home, ".aws/config"), config);
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    TEGATA_CONFIG: join(home, "tegata.toml"),
    TEGATA_STATE_DIR: join(home, "state"),
    TEGATA_CACHE_DIR: join(home, "cache"),
    TEGATA_TOKEN_STORE: "file",
    TEGATA_BROWSER: "false",
    TEGATA_STS_ENDPOINT: sts.endpoint,
    AWS_ENDPOINT_URL_STS: sts.endpoint,
  };
}

/** What the terminal shows while tegata waits for the person, and at the end. */
async function recordSignIn(
  env: Record<string, string>,
): Promise<{ waiting: readonly Line[]; ended: readonly Line[] }> {
  const decoder = new TextDecoder();
  let output = "";
  let waiting: readonly Line[] | undefined;
  let approved: Promise<void> | undefined;
  const login = Bun.spawn([tegata, "login", "dev"], {
    env,
    terminal: {
      cols: columns,
      rows,
      data(_terminal, bytes) {
        output += decoder.decode(bytes, { stream: true });
        const url = /http:\S+user_code=[A-Z]{4}-[A-Z]{4}/.exec(output)?.[0];
        if (url !== undefined && approved === undefined && output.includes(" left")) {
          waiting = screenOf(output);
          approved = sandbox.approve(url);
        }
      },
    },
  });
  const status = await login.exited;
  await approved;
  if (status !== 0 || waiting === undefined) {
    throw new Error(`tegata login ended with ${status}: ${output}`);
  }
  return { waiting, ended: screenOf(output) };
}

async function recordAws(env: Record<string, string>): Promise<readonly Line[]> {
  const aws = Bun.spawn(["aws", "sts", "get-caller-identity", "--profile", "dev", "--output", "json"], { env });
  const output = await new Response(aws.stdout).text();
  const status = await aws.exited;
  if (status !== 0) {
    throw new Error(`aws ended with ${status}`);
  }
  return screenOf(output.trimEnd().replaceAll("\n", "\r\n"));
}

/** The lines of a terminal that got this output. It knows the few sequences that tegata writes, and no others. */
function screenOf(output: string): readonly Line[] {
  const lines: Span[][] = [[]];
  let look: Span["look"] = "plain";
  const parts = output.matchAll(/\r\n|\r\p{Cc}\[K|\p{Cc}\[([012])m|\P{Cc}+|[^]/gu);
  for (const [part, rendition] of parts) {
    if (part === "\r\n") {
      lines.push([]);
    } else if (part === "\r\u001b[K") {
      lines[lines.length - 1] = [];
    } else if (rendition !== undefined) {
      look = rendition === "0" ? "plain" : rendition === "1" ? "bold" : "dim";
    } else if (/^\P{Cc}/u.test(part)) {
      lines.at(-1)?.push({ text: withPicturesValues(part), look });
    } else {
      throw new Error(`the picture knows no ${JSON.stringify(part)}`);
    }
  }
  return lines;
}

/** What changes from run to run, or belongs to the sandbox, gives way to a value of its kind. */
function withPicturesValues(text: string): string {
  const replaced = text
    .replace(/http:\/\/127\.0\.0\.1:\d+(?=\/activate)/, "https://acme.eu.auth0.com")
    .replaceAll(/\b[A-Z]{4}-[A-Z]{4}\b/g, "BGMJ-FVRJ")
    .replace(/until \d\d:\d\d/, "until 21:45")
    .replace(/1[45]:\d\d left/, "15:00 left")
    .replace(/AROA[A-Z0-9]{17}/, "AROARPTCRWKQD6ZZWTEY3");
  if (replaced.length > columns) {
    throw new Error(`longer than the terminal is wide: ${replaced}`);
  }
  return replaced;
}

function plain(text: string): Line {
  return [{ text, look: "plain" }];
}

/** The run as a person sees it: typing, the wait with its countdown, the answer, the next command. */
function schedule(
  { waiting, ended }: { waiting: readonly Line[]; ended: readonly Line[] },
  aws: readonly Line[],
): readonly Appearance[] {
  const appearances: Appearance[] = [];
  let row = 0;
  let now = 0.4;
  const type = (command: string) => {
    appearances.push({ row, line: plain("$ "), fromSeconds: now });
    const typedSeconds = command.length * 0.05;
    appearances.push({ row, line: plain(`  ${command}`), fromSeconds: now + 0.4, typedSeconds });
    now += 0.4 + typedSeconds + 0.4;
    row += 1;
  };
  const print = (lines: readonly Line[]) => {
    for (const line of lines) {
      appearances.push({ row, line, fromSeconds: now });
      row += 1;
    }
  };
  type("tegata login dev");
  print(waiting.slice(0, -1));
  const countdown = waiting.at(-1) ?? [];
  for (const left of ["15:00", "14:59", "14:58", "14:57"]) {
    const line = countdown.map((span) => ({ ...span, text: span.text.replace("15:00", left) }));
    appearances.push({ row, line, fromSeconds: now, untilSeconds: now + 1 });
    now += 1;
  }
  // The last line of a screen that ends with a new line is empty.
  print(ended.slice(waiting.length - 1, -1));
  now += 0.8;
  type("aws sts get-caller-identity --profile dev");
  print(aws);
  now += 0.4;
  appearances.push({ row, line: plain("$ "), fromSeconds: now });
  return appearances;
}

function draw(appearances: readonly Appearance[]): string {
  const character = 8.4;
  const lineHeight = 20;
  const margin = 20;
  const bar = 36;
  const lines = Math.max(...appearances.map(({ row }) => row)) + 1;
  const width = columns * character + 2 * margin;
  const height = bar + lines * lineHeight + margin;
  const texts = appearances.map((appearance) => {
    const { row, line, fromSeconds, untilSeconds, typedSeconds } = appearance;
    const whole = line.map(({ text }) => text).join("");
    const text = whole.trimStart();
    if (text === "") {
      return "";
    }
    const x = (margin + (whole.length - text.length) * character).toFixed(1);
    const y = bar + row * lineHeight + 15;
    // The width is given, so that every font that a reader has makes the same picture.
    const length = (text.trimEnd().length * character).toFixed(1);
    const look = line.find((span) => span.text.trim() !== "")?.look ?? "plain";
    const times = [
      `--from:${fromSeconds.toFixed(2)}s`,
      ...(untilSeconds === undefined ? [] : [`--until:${untilSeconds.toFixed(2)}s`]),
      ...(typedSeconds === undefined ? [] : [`--typed:${typedSeconds.toFixed(2)}s`]),
    ];
    const kind = untilSeconds !== undefined ? "passing" : typedSeconds !== undefined ? "typed" : "line";
    const steps = typedSeconds === undefined ? "" : `;animation-timing-function:steps(${text.length})`;
    return `<text class="${kind} ${look}" style="${times.join(";")}${steps}" x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escape(text.trimEnd())}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">tegata login dev on a terminal: the address and the code to confirm, then aws with the credentials</title>
<style>
:root { --ground: #f6f8fa; --edge: #d0d7de; --ink: #1f2328; --dim: #656d76; --strong: #0550ae }
@media (prefers-color-scheme: dark) {
  :root { --ground: #161b22; --edge: #3d444d; --ink: #e6edf3; --dim: #9198a1; --strong: #79c0ff }
}
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink) }
.bold { font-weight: bold; fill: var(--strong) }
.dim { fill: var(--dim) }
.line { animation: show 1ms var(--from) backwards }
.typed { animation: type var(--typed) var(--from) backwards }
.passing { opacity: 0; animation: stay calc(var(--until) - var(--from)) var(--from) }
@keyframes show { from { opacity: 0 } }
@keyframes stay { from, to { opacity: 1 } }
@keyframes type { from { clip-path: inset(0 100% 0 0) } to { clip-path: inset(0 0 0 0) } }
@media (prefers-reduced-motion: reduce) { text { animation: none !important } }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" style="fill:var(--ground);stroke:var(--edge)"/>
<g style="fill:var(--edge)"><circle cx="20" cy="18" r="5"/><circle cx="38" cy="18" r="5"/><circle cx="56" cy="18" r="5"/></g>
${texts.filter((text) => text !== "").join("\n")}
</svg>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
