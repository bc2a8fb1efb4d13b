import { failureOf, Stalled, type Trial, type Trials } from "./idp-trial.ts";
import { Broken, expectThat, type Rule } from "./rule.ts";
import { type Hop, openElsewhere, type ScriptedBrowser } from "./scripted-browser.ts";

/** What is sent besides the answer of the provider. */
const foreign = { code: "not-the-code-of-this-sign-in", state: "not-the-state-of-this-sign-in" };

/** What a program has to do that signs a person in with a browser of this machine: RFC 8252, RFC 7636, RFC 9207, RFC 9700. */
export function browserRules(trials: Trials): readonly Rule[] {
  const { at, afterSignIn } = trials;
  return [
    {
      name: "gives an ID token that holds, once the person signs in by the browser",
      check: trials.signInOnce,
    },
    {
      name: "asks for it with PKCE by S256, a state and a nonce that are new each time, and waits where it says",
      check: at("allow", async (trial) => {
        for (let round = 0; round < 2; round += 1) {
          await trial.acquire({ mayPrompt: true }).catch(ifNotBroken);
        }
        expectGoodRequests(trial);
      }),
    },
    {
      name: "sends the code once, also when the browser brings it twice",
      check: at("allow", async (trial) => {
        await trial.acquire({ mayPrompt: true, browse: bringTwice }).catch(ifNotBroken);
        const { sentCodes } = trial.provider;
        expectThat(sentCodes.length > 0, "it never sends one");
        expectThat(new Set(sentCodes).size === sentCodes.length, `it sends it ${sentCodes.length} times`);
      }),
    },
    {
      name: "refuses what has another state or none, and goes on waiting for the answer",
      check: afterSignIn("allow", async (trial) => {
        await trial.acquire({ mayPrompt: true, browse: bringForeign }).catch((error: unknown) => {
          ifNotBroken(error);
          throw new Broken("it ends there");
        });
        expectThat(!trial.provider.sentCodes.includes(foreign.code), "it takes its code");
      }),
    },
    {
      name: "sends no code that comes in an answer of another issuer",
      check: afterSignIn("allow", async (trial) => {
        await trial.acquire({ mayPrompt: true, browse: bringFromElsewhere }).catch(ifNotBroken);
        expectThat(trial.provider.sentCodes.length === 0, "it sends it");
      }),
    },
    {
      name: "gives no ID token that has another nonce",
      check: afterSignIn("allow", async (trial) => {
        trial.provider.spoilNonces();
        await failureOf(trial.acquire({ mayPrompt: true }));
      }),
    },
    {
      name: "waits where only this machine reaches it",
      check: afterSignIn("allow", async (trial) => {
        await trial.acquire({ mayPrompt: true, browse: knockElsewhere });
      }),
    },
    {
      name: "shows the browser a page, with neither code nor state in it",
      check: afterSignIn("allow", async (trial) => {
        let hops: readonly Hop[] = [];
        let secrets: readonly string[] = [];
        const browse = async (page: string, browser: ScriptedBrowser) => {
          const answer = await answerFor(page, browser);
          const { searchParams } = new URL(answer);
          secrets = ["code", "state"].flatMap((name) => searchParams.getAll(name));
          hops = await browser.open(answer);
        };
        await trial.acquire({ mayPrompt: true, browse });
        const last = hops.at(-1);
        expectThat(last !== undefined && last.status < 400 && last.body !== "", "it shows none");
        expectThat(!hops.some(({ body }) => secrets.some((secret) => body.includes(secret))), "one stands there");
      }),
    },
    {
      name: "fails with sign_in_denied when the person denies it in the browser",
      check: afterSignIn("deny", async (trial) => {
        const { code } = await failureOf(trial.acquire({ mayPrompt: true }));
        expectThat(code === "sign_in_denied", `its error has the code ${code}`);
      }),
    },
  ];
}

async function bringTwice(page: string, browser: ScriptedBrowser): Promise<void> {
  const answer = await browser.answerOf(page);
  if (answer !== undefined) {
    await Promise.all([browser.open(answer), browser.open(answer)]);
  }
}

async function bringForeign(page: string, browser: ScriptedBrowser): Promise<void> {
  const answer = await answerFor(page, browser);
  for (const members of [
    foreign,
    { code: foreign.code, state: undefined },
    { error: "access_denied", code: undefined, state: undefined },
  ]) {
    const [hop] = await browser.open(changed(answer, members));
    expectThat(hop === undefined || hop.status >= 400, `it answers it with HTTP ${hop?.status ?? 0}`);
  }
  await browser.open(new URL("/favicon.ico", answer).href);
  await browser.open(answer);
}

async function bringFromElsewhere(page: string, browser: ScriptedBrowser): Promise<void> {
  const answer = await answerFor(page, browser);
  await browser.open(changed(answer, { iss: "https://another-issuer.example" }));
}

async function knockElsewhere(page: string, browser: ScriptedBrowser): Promise<void> {
  const answer = await answerFor(page, browser);
  const elsewhere = await openElsewhere(Number(new URL(answer).port));
  expectThat(elsewhere === undefined, `its port is open at ${elsewhere ?? ""}, too`);
  await browser.open(answer);
}

function expectGoodRequests({ provider, prompts }: Trial): void {
  const { authorizationRequests: requests } = provider;
  expectThat(requests.length > 0, "it never asks the authorization endpoint");
  for (const request of requests) {
    expectThat(request.get("code_challenge_method") === "S256", "its code_challenge_method is not S256");
    expectThat(/^[\w-]{43}$/.test(request.get("code_challenge") ?? ""), "its code_challenge is not one of S256");
  }
  // As long as 128 bits are in base64url.
  for (const [name, least] of [
    ["state", 22],
    ["nonce", 22],
    ["code_challenge", 43],
  ] as const) {
    const values = requests.map((request) => request.get(name) ?? "");
    const shortest = Math.min(...values.map((value) => value.length));
    expectThat(shortest > 0, `it sends no ${name}`);
    expectThat(shortest >= least, `its ${name} is too short to be random: ${shortest} characters`);
    expectThat(new Set(values).size === values.length, `it sends the same ${name} again`);
  }
  const redirects = requests.map((request) => request.get("redirect_uri"));
  const said = prompts.flatMap((prompt) => (prompt.kind === "browser" ? [prompt.redirectUri] : []));
  expectThat(
    said.every(
      (uri) => uri === undefined || redirects.some((redirect) => redirect !== null && isSameUrl(redirect, uri)),
    ),
    "its prompt names another redirectUri than its request",
  );
}

function isSameUrl(one: string, other: string): boolean {
  return URL.canParse(one) && new URL(one).href === other;
}

async function answerFor(page: string, browser: ScriptedBrowser): Promise<string> {
  const answer = await browser.answerOf(page);
  if (answer === undefined) {
    throw new Broken("its page gives no answer");
  }
  return answer;
}

function changed(answer: string, members: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(answer);
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) {
      url.searchParams.delete(name);
    } else {
      url.searchParams.set(name, value);
    }
  }
  return url.href;
}

/** What became of the sign-in is another rule's matter. */
function ifNotBroken(error: unknown): void {
  if (error instanceof Broken && !(error instanceof Stalled)) {
    throw error;
  }
}
