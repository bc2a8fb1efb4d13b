import { afterAll, beforeAll, expect, it } from "vitest";
import { expectRefusal, keepingFiles, type Refusal } from "./support/refusal.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const usage = (error: Refusal["error"], hint: Refusal["hint"]): Refusal => ({ status: 2, error, hint });

it.each([
  ["an unknown command", ["lgoin", "dev"], 'no command "lgoin"; did you mean login?', /^tegata login dev$/],
  ["a command like nothing", ["frobnicate"], 'there is no command "frobnicate"', "tegata --help"],
  ["the help of a command like nothing", ["frobnicate", "--help"], 'there is no command "frobnicate"', "tegata --help"],
  ["a setting like nothing", ["settings", "frobnicate"], 'there is no setting "frobnicate"', / tegata settings$/],
  ["an empty command", [""], 'there is no command ""', "tegata --help"],
  [
    "an unknown flag",
    ["env", "dev", "--regoin", "x"],
    "no flag --regoin; did you mean --region?",
    /^tegata env dev --region x$/,
  ],
  ["an unknown short flag", ["env", "-x"], "tegata env has no flag -x", "tegata env --help"],
  [
    "an unknown flag before any command",
    ["--porfile", "dev"],
    "tegata has no flag --porfile",
    /^tegata --profile dev$/,
  ],
  [
    "a flag of another command",
    ["status", "--shell", "sh"],
    "tegata status has no flag --shell",
    "tegata status --help",
  ],
  [
    "--no- before a flag that takes a value",
    ["env", "--no-region"],
    "tegata env has no flag --no-region",
    "env --help",
  ],
  ["a flag like a prototype's", ["env", "--constructor=x"], "tegata has no flag --constructor", "tegata --help"],
  ["a flag like another of them", ["env", "--__proto__", "x"], "tegata has no flag --__proto__", "tegata --help"],
  [
    "a setting that means nothing there",
    ["logout", "dev", "--spire-agent-path", "/opt/agent"],
    "tegata logout has no use for --spire-agent-path",
    /^tegata logout dev$/,
  ],
  ["help on what there is not", ["help", "logn"], 'no command "logn"; did you mean login?', "tegata help login"],
  ["help on two things", ["help", "login", "dev"], 'tegata help takes no argument "dev"', "tegata help COMMAND"],
  ["too many arguments", ["env", "dev", "plain"], 'tegata env takes no argument "plain"', "tegata env --help"],
  [
    "an argument where none is taken",
    ["profiles", "x"],
    'tegata profiles takes no argument "x"',
    "tegata profiles --help",
  ],
  ["a flag at the end without its value", ["env", "dev", "--region"], "--region needs a value", "tegata env --help"],
  ["a flag before another without its value", ["env", "--shell", "--unset"], "--shell needs a value", "env --help"],
  ["an empty value", ["env", "dev", "--duration="], "--duration needs a value", "tegata env --help"],
  ["a short flag without its value", ["env", "-p"], "--profile needs a value", "tegata env --help"],
  ["a bad choice", ["env", "dev", "--shell", "nope"], '--shell "nope" must be one of sh, bash', "tegata env --help"],
  [
    "a misspelt choice",
    ["env", "--prompt", "alwyas"],
    /--prompt "alwyas" must be one of auto, .*mean always\?/,
    /^tegata env --prompt always$/,
  ],
  [
    "a bad --error-format",
    ["env", "--error-format", "xml"],
    '--error-format "xml" must be one of text, json',
    "--help",
  ],
  [
    "a bad boolean flag",
    ["env", "dev", "--fresh=maybe"],
    '--fresh "maybe" must be 1, true, yes',
    "--fresh or --no-fresh",
  ],
  ["quiet and verbose at once", ["env", "--quiet", "--verbose"], "--quiet and --verbose contradict", "choose one"],
  [
    "all of everyone and one profile",
    ["logout", "dev", "--all"],
    '--all and the profile "dev" contra',
    "leave --all out",
  ],
  ["all of everyone and -p", ["logout", "--all", "-p", "dev"], "--all and -p contradict", "leave --all out"],
  [
    "all of everyone and one client",
    ["logout", "--all", "--issuer", "https://x.example", "--client-id", "x"],
    "--all and --client-id contradict",
    "leave --all out",
  ],
  ["taking back and a profile", ["env", "dev", "--unset"], '--unset and the profile "dev"', "tegata env --unset"],
  ["taking back and a role", ["env", "--unset", "--role-arn=x"], "--unset and --role-arn", "tegata env --unset"],
  ["taking back and new ones", ["dotenv", "--unset", "--fresh"], "--unset and --fresh", "tegata dotenv --unset"],
  [
    "taking back and overwriting",
    ["aws-credentials", "dev", "--unset", "--overwrite-foreign-keys"],
    "--unset and --overwrite-foreign-keys",
    "leave --overwrite-foreign-keys out",
  ],
  [
    "renewing by what is not kept",
    ["exec", "--refresh", "--token-store=none", "--", "true"],
    "--token-store none",
    "out",
  ],
  ["a console without a browser", ["console", "--no-browser"], "tegata console and --no-browser", "tegata console-url"],
  [
    "a login that asks nobody",
    ["login", "dev", "--prompt=never"],
    "tegata login and --prompt never",
    "leave --prompt out",
  ],
  [
    "JSON of what answers in words",
    ["plugins", "trust", "x", "--json"],
    "--json and trust contradict",
    "plugins --json",
  ],
  ["two tokens", ["env", "--token-file=a", "--token-variable=B"], "--token-file and --token-variable", "once"],
  ["two values", ["env", "--region=eu-west-1", "--region=us-east-1"], '"eu-west-1" and "us-east-1"', "--region once"],
  ["a flag and its opposite", ["env", "--fresh", "--no-fresh"], "--fresh and --no-fresh contradict", "one of them"],
  [
    "an unknown profile",
    ["env", "dve"],
    /profile "dve" is not a section .*tegata\.toml; did you mean dev\?/,
    /^tegata env dev$/,
  ],
  [
    "an unknown --profile",
    ["env", "-p", "prod"],
    /profile "prod" .*known: dev, plain, readonly, bob/,
    "name a profile",
  ],
  ["a profile like a prototype", ["env", "__proto__"], 'profile "__proto__" is not a section', "name a profile"],
  ["two profiles", ["env", "dev", "--profile", "plain"], 'two profiles are named: "dev" and --profile "plain"', "one"],
  ["an unknown profile of status", ["status", "prod"], 'profile "prod" is not a section', "name a profile"],
  ["an unknown profile of logout", ["logout", "prod"], 'profile "prod" is not a section', "name a profile"],
  [
    "an unknown IdP",
    ["env", "dev", "--idp", "acem"],
    /--idp "acem" is neither .*; did you mean acme\?/,
    "correct --idp",
  ],
  [
    "a flag of another IdP",
    ["env", "dev", "--issuer", "https://x.example"],
    "--issuer is not a setting of",
    "leave it",
  ],
  [
    "a bad role",
    ["env", "dev", "--role-arn", "Developer"],
    '--role-arn "Developer" is not an ARN',
    "correct --role-arn",
  ],
  [
    "a duration below AWS's least",
    ["env", "dev", "--duration", "14m"],
    '--duration "14m" is 840 seconds',
    "--duration",
  ],
  [
    "a duration beyond AWS's most",
    ["env", "dev", "--duration", "13h"],
    '--duration "13h" is 46800 seconds',
    "--duration",
  ],
  [
    "a duration of nonsense",
    ["env", "dev", "--duration", "1 day"],
    '"1 day" is not a duration: write 1h',
    "--duration",
  ],
  ["a bad session name", ["env", "dev", "--role-session-name", "a b"], '"a b" must be 2 to 64 ASCII', "--role-session"],
  [
    "an availability zone",
    ["env", "dev", "--region", "us-east-1a"],
    "its region is us-east-1",
    "env dev --region us-east-1",
  ],
  ["a region of another partition", ["env", "dev", "--region", "cn-north-1"], "of the partition aws-cn", "--region"],
  [
    "STS by http",
    ["env", "dev", "--sts-endpoint", "http://sts.example"],
    '"http://sts.example" must be https',
    "--sts-",
  ],
  ["a scope without openid", ["env", "dev", "--scope", "email"], '--scope "email" must hold openid', "correct --scope"],
  ["an unknown shell of completion", ["completion", "tsch"], /completions for the shell "tsch"/, "tegata completion"],
  ["no shell of completion", ["completion"], "no shell is named", "tegata completion bash"],
] satisfies readonly (readonly [string, readonly string[], Refusal["error"], Refusal["hint"]])[])(
  "tegata refuses %s: %j",
  async (_what, args, error, hint) => {
    const ended = await keepingFiles(world, () => world.run(args));
    expectRefusal(ended, usage(error, hint), world);
    expect(world.sandbox.requests.all()).toEqual([]);
  },
);

it.each([
  ["TEGATA_FRESH", "maybe", 'TEGATA_FRESH "maybe" must be 1, true, yes, 0, false or no'],
  ["TEGATA_BROWSER", "2", 'TEGATA_BROWSER "2" must be 1, true, yes, 0, false or no'],
  ["TEGATA_PROFILE", "prod", 'TEGATA_PROFILE "prod" is not a section'],
  ["TEGATA_DURATION", "P1D", 'TEGATA_DURATION "P1D" is not a duration'],
  ["TEGATA_ERROR_FORMAT", "xml", 'TEGATA_ERROR_FORMAT "xml" must be one of text, json'],
  ["TEGATA_PROMPT", "allways", "; did you mean always?"],
  ["TEGATA_SHELL", "nope", 'TEGATA_SHELL "nope" must be one of sh'],
  ["AWS_USE_FIPS_ENDPOINT", "on", 'AWS_USE_FIPS_ENDPOINT "on" must be 1, true'],
])("tegata refuses the variable %s=%s, and says so", async (name, value, error) => {
  const ended = await world.run(["env", ...(name === "TEGATA_PROFILE" ? [] : ["dev"])], { env: { [name]: value } });
  expectRefusal(ended, usage(error, new RegExp(`${name}|tegata env --help|name a profile`)), world);
});

it("a flag wins over the variable that says otherwise: they do not contradict each other", async () => {
  const env = { TEGATA_PROFILE: "plain", TEGATA_ROLE_ARN: "x", TEGATA_VERBOSE: "1", TEGATA_BROWSER: "1" };
  for (const args of [
    ["logout", "--all", "--quiet"],
    ["env", "--unset", "--shell", "sh", "--quiet", "--prompt", "never"],
  ]) {
    expect(await world.run(args, { env })).toMatchObject({ status: 0, stderr: "" });
  }
});

it("an error about AWS_REGION in another partition than the role's says that this is what to correct", async () => {
  await world.writeSettings('[idp.acme]\ntype = "auth0"\ndomain = "acme.example"\nclient_id = "x"\n');
  const args = ["env", "--idp", "acme", "--role-arn", world.sandbox.roles.developer];
  const ended = await world.run(args, { env: { AWS_REGION: "us-gov-west-1" } });
  expectRefusal(
    ended,
    usage(/AWS_REGION "us-gov-west-1" is of the partition aws-us-gov, .*us-east-1/, "correct or unset AWS_REGION"),
    world,
  );
});

it.each([
  ["as one word", ["lgoin", "--error-format=json"], {}],
  ["as two words", ["--error-format", "json", "lgoin"], {}],
  ["by its variable", ["lgoin"], { TEGATA_ERROR_FORMAT: "json" }],
])(
  "the output is one JSON object where json is asked for %s, although the command line is bad",
  async (_how, args, env) => {
    const refusal = {
      ...usage('there is no command "lgoin"; did you mean login?', /^tegata .*login/),
      code: "usage_invalid",
    };
    expectRefusal(await world.run(args, { env }), refusal, world);
  },
);

it("an error shows control characters of an argument as escapes", async () => {
  const ended = await world.run(["env", "a\u001b[31mb\u202ec\nd"]);
  expectRefusal(ended, usage(String.raw`profile "a\u001b[31mb\u202ec\nd" is not a section`, /./), world);
});

it.each([
  ["typed", ["--region", "eu-centrl-1"], {}, '--region "eu-centrl-1" is not', "eu-central-1?"],
  ["set as AWS_REGION", [], { AWS_REGION: "us-wset-2" }, 'AWS_REGION "us-wset-2" is not an AWS region', "us-west-2?"],
  ["set as AWS_DEFAULT_REGION", [], { AWS_DEFAULT_REGION: "ap-southest-2" }, '"ap-southest-2"', "ap-southeast-2?"],
  ["of another partition", ["--region", "us-gov-wets-1"], {}, '"us-gov-wets-1" is not', "us-gov-west-1?"],
])("a misspelt region is found before anybody is asked: %s", async (_name, typed, env, error, meant) => {
  world.sandbox.requests.clear();
  const role = ["--domain", world.sandbox.auth0.domain, "--client-id", world.sandbox.auth0.clientId];
  const ended = await world.run(["login", ...role, "--role-arn", world.sandbox.roles.developer, ...typed], {
    env: { ...env, TEGATA_CONFIG: "/dev/null" },
  });
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toContain(error);
  expect(ended.stderr).toContain(`did you mean ${meant}`);
  expect(world.sandbox.requests.all()).toEqual([]);
});
