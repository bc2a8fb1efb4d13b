import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { type IamSide, iamSideOf, setupTargets } from "../src/index.ts";
import { iamExamples, people, policyOf, request } from "./examples.ts";
import { hostileTexts } from "./hostile-texts.ts";
import { policiesOfHcl, policyOfScript, policyOfYaml, readHcl, readYaml, withProvider } from "./read-output.ts";
import { expectKnownAttributes } from "./terraform-names.ts";
import { formatFaults, need } from "./tools.ts";
import { runCdk } from "./run-cdk.ts";

function render(id: string, facts: IamSide): string {
  const target = setupTargets.find((each) => each.id === id);
  if (target?.side !== "iam") {
    throw new Error(`${id} is no target of IAM`);
  }
  return target.render(facts);
}

function example(name: string): IamSide {
  const [, facts] = iamExamples.find(([each]) => each === name) ?? [];
  if (facts === undefined) {
    throw new Error(`there is no example ${name}`);
  }
  return facts;
}

describe.each(setupTargets.filter(({ side }) => side === "iam"))("the target $id", ({ id }) => {
  it.each(iamExamples)("begins with a comment that nothing was applied and how to, for %s", (_name, facts) => {
    expect(render(id, facts).split("\n", 1)[0]).toMatch(/^(?:#|\/\/) Nothing was applied\. Save this as \S+.*: /);
  });

  it("prints the same for the same facts", () => {
    for (const [, facts] of iamExamples) {
      expect(render(id, facts)).toBe(render(id, facts));
    }
  });
});

describe("Terraform", () => {
  it.each(iamExamples)("has the trust policy of the facts, for %s", async (_name, facts) => {
    const policies = await policiesOfHcl(render("terraform", facts).replaceAll("var.client_id", '"CLIENT"'));
    expect(policies).toEqual(Array.from({ length: Math.max(1, facts.accounts.length) }, () => policyOf(facts)));
  });

  it.each(iamExamples)(
    "has only attributes that the AWS provider knows, and all that it wants, for %s",
    async (_name, facts) => {
      expect(await expectKnownAttributes(render("terraform", facts))).toContain("aws_iam_role");
    },
  );

  it("is formatted as terraform fmt writes it", async (context) => {
    need("terraform", context);
    for (const [, facts] of iamExamples) {
      expect(await formatFaults(render("terraform", facts))).toBe("");
    }
  });

  it("names each account in a provider of its own", async () => {
    const facts = iamSideOf(
      request({ callers: people({ everyone: true }), accounts: ["111111111111", "222222222222"] }),
    );
    const { provider, output } = await readHcl(render("terraform", facts));
    expect(provider).toMatchObject({
      aws: [
        { alias: "account_111111111111", allowed_account_ids: ["111111111111"] },
        { alias: "account_222222222222", allowed_account_ids: ["222222222222"] },
      ],
    });
    expect(Object.keys(v.parse(v.record(v.string(), v.unknown()), output))).toEqual([
      "role_arn_111111111111",
      "role_arn_222222222222",
    ]);
  });
});

describe("CloudFormation", () => {
  it.each(iamExamples.filter(([, { accounts }]) => accounts.length < 2))(
    "has the trust policy of the facts, for %s",
    (_name, facts) => {
      const text = render("cloudformation", facts).replaceAll("!Ref ClientId", '"CLIENT"');
      expect(policyOfYaml(text)).toEqual(policyOf(facts));
    },
  );

  it("has the template of one account in a stack set for several", () => {
    const facts = example("several accounts");
    const { Resources } = v.parse(
      v.object({
        Resources: v.object({ Accounts: v.object({ Properties: v.looseObject({ TemplateBody: v.string() }) }) }),
      }),
      readYaml(render("cloudformation", facts)),
    );
    const { TemplateBody, ...properties } = Resources.Accounts.Properties;
    expect(properties).toMatchObject({
      StackInstancesGroup: [
        { DeploymentTargets: { Accounts: ["111111111111", "222222222222"] }, Regions: ["us-east-1"] },
      ],
    });
    expect(facts === undefined ? undefined : policyOfYaml(TemplateBody)).toEqual(
      facts === undefined ? "" : policyOf(facts),
    );
  });

  it(
    "has no fault that cfn-lint finds, the template in a stack set included",
    { timeout: 240_000 },
    async (context) => {
      need("cfn-lint", context);
      const folder = await mkdtemp(join(tmpdir(), "tegata-setup-"));
      try {
        const texts = iamExamples.flatMap(([, facts]) => {
          const text = render("cloudformation", facts);
          const [, body] = /TemplateBody: \|\n([^]*)$/.exec(text) ?? [];
          return [text, ...(body === undefined ? [] : [body.replace(/^ {8}/gm, "")])];
        });
        const paths = await Promise.all(
          texts.map(async (text, index) => {
            const path = join(folder, `${index}.yaml`);
            await writeFile(path, text);
            return path;
          }),
        );
        const { status, stdout, stderr } = spawnSync("cfn-lint", ["-t", ...paths], { encoding: "utf8" });
        expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
        // It would find one.
        await writeFile(
          join(folder, "bad.yaml"),
          (texts[0] ?? "").replace("MaxSessionDuration: 3600", "MaxSessionDuration: 5"),
        );
        expect(spawnSync("cfn-lint", ["-t", join(folder, "bad.yaml")], { encoding: "utf8" }).stdout).toContain("E3034");
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});

describe("the script for the AWS CLI", () => {
  it.each(iamExamples)("has the trust policy of the facts once sh has read it, for %s", (_name, facts) => {
    expect(policyOfScript(render("aws-cli", facts))).toEqual(policyOf(facts));
  });

  it.each(iamExamples)("is a script that sh takes, for %s", (_name, facts) => {
    const { status, stderr } = spawnSync("sh", ["-n"], { input: render("aws-cli", facts), encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("stops where what only a person knows is not set, and says what it is", () => {
    const { status, stderr } = spawnSync("/bin/sh", [], {
      input: render("aws-cli", example("everyone, with nothing known")),
      encoding: "utf8",
      env: { PATH: "/nowhere" },
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain("client id of the public client");
  });
});

describe("the app of the CDK", () => {
  it(
    "has the types that the library wants, and makes a role with the trust policy of the facts",
    { timeout: 120_000 },
    async () => {
      const apps = await runCdk(iamExamples.map(([, facts]) => render("cdk", facts)));
      for (const [index, [name, facts]] of iamExamples.entries()) {
        const roles = (apps[index] ?? []).filter(({ type }) => type === "Role");
        const policies = roles.map(({ props }) => withProvider(props?.["assumeRolePolicyDocument"]));
        const expected = Array.from({ length: Math.max(1, facts.accounts.length) }, () => policyOf(facts));
        expect({ name, policies }).toEqual({ name, policies: expected });
      }
    },
  );

  it("makes a stack for each account", async () => {
    const [made] = await runCdk([render("cdk", example("several accounts"))]);
    const stacks = (made ?? []).filter(({ type }) => type === "Stack");
    expect(stacks).toMatchObject([
      { id: "tegata-111111111111", props: { env: { account: "111111111111" } } },
      { id: "tegata-222222222222", props: { env: { account: "222222222222" } } },
    ]);
  });
});

describe("a value of a person", () => {
  const texts = hostileTexts().filter((text) => !/[*?]/.test(text));

  it("comes out of every target as it went in", { timeout: 120_000 }, async () => {
    const all: IamSide[] = [];
    // A handful in one policy: IAM takes no long ones.
    for (let start = 0; start < texts.length; start += 6) {
      const persons = texts.slice(start, start + 6);
      const facts = iamSideOf(request({ callers: { ...people({ persons }), clientId: persons[0] } }));
      const expected = policyOf(facts);
      // As a policy has them: ${ begins a variable there.
      expect(JSON.stringify(expected)).toContain(JSON.stringify(persons.at(-1)?.replaceAll("${", "${$}{")));
      expect(await policiesOfHcl(render("terraform", facts))).toEqual([expected]);
      expect(policyOfYaml(render("cloudformation", facts))).toEqual(expected);
      expect(policyOfScript(render("aws-cli", facts))).toEqual(expected);
      all.push(facts);
    }
    const apps = await runCdk(all.map((facts) => render("cdk", facts)));
    expect(apps.map((made) => made.find(({ type }) => type === "Role")?.props?.["assumeRolePolicyDocument"])).toEqual(
      all.map(policyOf),
    );
  });

  it.each([
    ["a line break", "a\nb"],
    ["an escape", "a\u001b[2Jb"],
    ["a mark that turns the text around", "a\u202eb"],
    ["a blank at its end", "a "],
    ["nothing", ""],
    ["a character that IAM does not take", "Ж"],
    ["a reference that CloudFormation resolves", "{{resolve:ssm:/x}}"],
    ["a token of the CDK", "${Token[TOKEN.1]}"],
    ["more than 500 characters", "x".repeat(501)],
  ])("is refused with %s", (_what, text) => {
    expect(() => iamSideOf(request({ callers: people({ persons: [text] }) }))).toThrow(/person/);
  });
});
