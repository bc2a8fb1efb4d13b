import {
  type AwsCredentials,
  type FormatContext,
  inWords,
  isTegataError,
  plainVocabulary,
  shellNames,
  shells,
  shellWords,
  toRenderedOutput,
} from "@tegata/core";
import { fakeMachine, type FakeMachineOptions, fakePorts, formatContract } from "@tegata/testkit";
import * as v from "valibot";
import { describe, expect, it, test } from "vitest";
import { formatEnv } from "./format-env.ts";

for (const shell of shellWords) {
  formatContract(formatEnv, { options: { shell }, printsCredentials: true });
}

const credentials: AwsCredentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "secret+/",
  sessionToken: "token+/==",
  expiration: "2026-01-01T01:00:00Z",
  accountId: "123456789012",
  assumedRoleArn: undefined,
};

/** Renders on a machine, and says what a person is told. */
async function output(
  machine: FakeMachineOptions,
  options: Record<string, unknown> = {},
  changes = {},
  more: Partial<FormatContext> = {},
) {
  const told: string[] = [];
  const context: FormatContext = {
    region: "eu-central-1",
    defaultRegion: "us-east-1",
    federationEndpoint: undefined,
    profile: "dev",
    choice: { TEGATA_PROFILE: "dev" },
    machine: fakeMachine(machine),
    tell: (line) => void told.push(inWords(line, plainVocabulary)),
    ports: fakePorts({ fetch: () => Promise.reject(new Error("no network")) }),
    ...more,
  };
  const parsed = v.parse(formatEnv.options, options);
  const set = await formatEnv.render({ ...credentials, ...changes }, parsed, context);
  const unset = (await formatEnv.renderUnset?.(parsed, context)) ?? "";
  return { set: toRenderedOutput(set).stdout, unset: toRenderedOutput(unset).stdout, told };
}

async function errorOf(run: () => unknown): Promise<unknown> {
  return Promise.resolve()
    .then(run)
    .then(
      () => undefined,
      (error: unknown) => (isTegataError(error) ? `${error.code}: ${error.message}` : error),
    );
}

describe("the statements", () => {
  it("set all that is needed, unset what would win, and are taken back one by one", async () => {
    const { set, unset, told } = await output({}, { shell: "sh" });
    expect(set).toBe(`unset AWS_PROFILE;
unset AWS_DEFAULT_PROFILE;
unset AWS_SECURITY_TOKEN;
export AWS_ACCESS_KEY_ID='ASIAEXAMPLE';
export AWS_SECRET_ACCESS_KEY='secret+/';
export AWS_SESSION_TOKEN='token+/==';
export AWS_REGION='eu-central-1';
export AWS_DEFAULT_REGION='eu-central-1';
export AWS_CREDENTIAL_EXPIRATION='2026-01-01T01:00:00Z';
export AWS_ACCOUNT_ID='123456789012';
export TEGATA_PROFILE='dev';
`);
    const namesSet = [...set.matchAll(/^export (\w+)=/gm)].map(([, name]) => name);
    expect(new Set([...unset.matchAll(/^unset (\w+);$/gm)].map(([, name]) => name))).toEqual(new Set(namesSet));
    expect(told).toEqual([]);
  });

  it("unset the account of an earlier role where this one has none", async () => {
    const { set } = await output({}, { shell: "zsh" }, { accountId: undefined });
    expect(set).toMatch(/\nunset AWS_ACCOUNT_ID;\n/);
  });

  it("leave the region alone where nobody has chosen one", async () => {
    const { set } = await output(
      { variables: { AWS_DEFAULT_REGION: "eu-west-1" } },
      { shell: "sh" },
      {},
      { region: undefined },
    );
    expect(set).not.toContain("REGION");
  });

  it("name no profile where flags said everything", async () => {
    const { set } = await output({}, { shell: "sh" }, {}, { choice: {}, region: undefined });
    expect(set).not.toMatch(/TEGATA_/);
  });

  it("unset a choice of which the shell cannot be told a part", async () => {
    const choice = { TEGATA_PROFILE: "dev", TEGATA_CONFIG: "/50%" };
    const { set } = await output({}, { shell: "cmd" }, {}, { choice });
    expect(set).toContain('set "TEGATA_PROFILE="\nset "TEGATA_CONFIG="\n');
  });
});

/** The variables of a shell that has loaded output. */
const loaded = (statements: string, before: Readonly<Record<string, string>>) => {
  const variables = new Map(Object.entries(before));
  for (const [, unset, name, value] of statements.matchAll(/^(?:unset (\w+);|export (\w+)='(.*)';)$/gm)) {
    if (unset !== undefined) {
      variables.delete(unset);
    } else if (name !== undefined && value !== undefined) {
      variables.set(name, value);
    }
  }
  return Object.fromEntries(variables);
};

describe("after --unset", () => {
  const own = {
    HOME: "/home/ann",
    AWS_REGION: "eu-west-1",
    TEGATA_PROFILE: "audit, or = not ~",
    TEGATA_CONFIG: "~/own.toml",
  };

  it.each([own, { HOME: "/home/ann" }, { AWS_DEFAULT_REGION: "x", TEGATA_PROFILE: "\u{1f600}" }])(
    "a shell's variables are what they were: %j",
    async (variables) => {
      let now: Readonly<Record<string, string>> = variables;
      for (const context of [
        { choice: { TEGATA_PROFILE: "dev", TEGATA_CONFIG: "/x y", TEGATA_CHOSEN: "config=/x~20~y" } },
        { choice: { TEGATA_PROFILE: "prod", TEGATA_CONFIG: "/z", TEGATA_CHOSEN: "config=/z" }, region: undefined },
        { choice: { TEGATA_CONFIG: "/z", TEGATA_CHOSEN: "config=/z" } },
      ]) {
        now = loaded((await output({ variables: now }, { shell: "sh" }, {}, context)).set, now);
      }
      expect(loaded((await output({ variables: now }, { shell: "sh" })).unset, now)).toEqual(variables);
    },
  );

  it("a settings file that a person has named since the first output stays, and is remembered by the next", async () => {
    const choice = { TEGATA_CONFIG: "/z", TEGATA_CHOSEN: "config=/z" };
    const first = loaded((await output({}, { shell: "sh" }, {}, { choice })).set, {});
    const named = { ...first, TEGATA_CONFIG: "/own" };
    expect(loaded((await output({ variables: named }, { shell: "sh" })).unset, named)).toEqual({
      TEGATA_CONFIG: "/own",
    });
    const second = loaded((await output({ variables: named }, { shell: "sh" }, {}, { choice })).set, named);
    expect(second).toMatchObject({ TEGATA_CONFIG: "/z" });
    expect(loaded((await output({ variables: second }, { shell: "sh" })).unset, second)).toEqual({
      TEGATA_CONFIG: "/own",
    });
  });

  it("what nobody set here stays", async () => {
    const { unset } = await output({ variables: own }, { shell: "sh" });
    expect(loaded(unset, own)).toEqual(own);
  });

  it("a foreign TEGATA_BEFORE changes no other variable", async () => {
    const { unset } = await output(
      { variables: { TEGATA_BEFORE: "PATH=/x,HOME,,=1,AWS_REGION=~fffff~" } },
      { shell: "sh" },
    );
    expect(unset).not.toMatch(/PATH=|unset HOME|= /);
  });
});

describe("a failure", () => {
  it.each(shellNames)("has a statement of its own in %s", async (shell) => {
    const failure = await formatEnv.renderFailure?.(() => shell, fakeMachine());
    expect(failure).toBe(shells[shell].dialect.failure);
    expect(failure).toMatch(/^.+\n$/);
  });

  it("is for the calling shell where none is named, or one that is not known", async () => {
    const machine = fakeMachine({ callingShell: "elvish" });
    expect(await formatEnv.renderFailure?.(() => undefined, machine)).toMatch(/^fail /);
    expect(await formatEnv.renderFailure?.(() => "tcsj", machine)).toMatch(/^fail /);
    expect(await formatEnv.renderFailure?.(() => undefined, fakeMachine())).toBe("false\n");
  });
});

test("a value with a NUL is refused for every shell", async () => {
  for (const shell of shellWords) {
    const error = await errorOf(() => output({}, { shell }, { sessionToken: "a\0b" }));
    expect(error).toMatch(/^output_failed: the value of AWS_SESSION_TOKEN holds /);
  }
});

test("an unknown shell is refused with the names of the known ones", () => {
  const { issues } = v.safeParse(formatEnv.options, { shell: "ion" });
  expect(issues?.[0].message).toBe(`"ion" is not a shell that is known here (${shellWords.join(", ")})`);
});

describe("without --shell", () => {
  const login = { SHELL: "/usr/bin/fish" };
  const nothing = ", as nothing tells which shell this is";
  it.for<[FakeMachineOptions, string, string | undefined]>([
    [{ callingShell: "zsh", variables: login }, "zsh", undefined],
    [{ callingShell: "bash", variables: { PSModulePath: "/x" } }, "bash", undefined],
    [{ callingShell: "powershell", platform: "win32" }, "powershell", undefined],
    [{ variables: { ...login, PSModulePath: "/x" } }, "powershell", ", as PSModulePath is set"],
    [{ variables: login }, "fish", ", as SHELL has it"],
    [{ variables: { SHELL: "/opt/zsh-5.9" } }, "zsh", ", as SHELL has it"],
    [{ variables: { SHELL: "C:\\Git\\bash.exe", PSModulePath: "C:" }, platform: "win32" }, "bash", ", as SHELL has it"],
    [{ variables: { SHELL: "/sbin/nologin" } }, "sh", nothing],
    [{ variables: { SHELL: "/bin/bashful" } }, "sh", nothing],
    [{}, "sh", nothing],
    [{ platform: "win32" }, "powershell", nothing],
  ])("on %j the statements are for %s, and a guess is told", async ([machine, shell, because]) => {
    const guessed = await output(machine);
    const named = await output({}, { shell });
    const told =
      because === undefined ? [] : Array(2).fill(`these statements are for ${shell}${because}; --shell names another`);
    expect(guessed).toEqual({ ...named, told });
  });
});
