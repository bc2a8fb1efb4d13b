import { isTegataError } from "@tegata/core";
import { describe, expect, it } from "vitest";
import { oddConfigFiles } from "../test/odd-config-files.ts";
import { type BlockProfile, profileSpelling } from "./block-section.ts";
import { blockText, hasBlock, profilesBeside, withBlock, withoutBlock } from "./block.ts";
import { parseAwsFile } from "./parse-aws-file.ts";
import { readProfiles } from "./profiles.ts";

const path = "/aws/config";
const source = { id: "tegata", says: ["tegata aws-config --write writes this", "keys that you add stay"] };
const profileOf = (name: string, region?: string): BlockProfile => ({
  name,
  keys: [
    { key: "credential_process", value: `tegata credential-process ${name}` },
    ...(region === undefined ? [] : [{ key: "region", value: region }]),
  ],
});
const dev = profileOf("dev", "eu-central-1");
const prod = profileOf("prod");

const write = (text: string, ...profiles: readonly BlockProfile[]) => withBlock({ path, text }, source, profiles);
const remove = (text: string) => withoutBlock({ path, text }, "tegata");
const profilesIn = (text: string) => {
  const file = parseAwsFile(text.replace(/^\ufeff/, ""));
  expect(file.problems).toEqual([]);
  return Object.fromEntries([...readProfiles("config", file)].map(([name, keys]) => [name, Object.fromEntries(keys)]));
};

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isTegataError(error) && error.code === "file_unreadable" ? error.message : "another error";
  }
  return "none";
}

describe("a block", () => {
  it("says whose it is and how it is changed, and has a section for each profile", () => {
    expect(blockText(source, [dev, prod])).toBe(`# >>> aws-config by tegata >>>
# tegata aws-config --write writes this
# keys that you add stay
[profile dev]
credential_process = tegata credential-process dev
region = eu-central-1

[profile prod]
credential_process = tegata credential-process prod

# <<< aws-config by tegata <<<
`);
  });

  it("calls default as clients look for it, and puts a name with blanks in quotes", () => {
    const text = blockText(source, [profileOf("default"), profileOf("my dev")]);
    expect(text.match(/^\[.*$/gm)).toEqual(["[default]", "[profile 'my dev']"]);
    expect(Object.keys(profilesIn(text))).toEqual(["default", "my dev"]);
  });

  it.each(["a]b", 'a"b', "a'b", "a\\b", "a#b", "a;b", "a\nb", " a", "a ", "a\tb", "", "a\u00a0b", "[a", "__proto__"])(
    "has no spelling for a profile that clients read in several ways: %j",
    (name) => {
      expect(profileSpelling(name)).toBeUndefined();
    },
  );
});

describe.each(oddConfigFiles.filter(({ refused }) => refused === undefined))("a file with $name", ({ text }) => {
  it("keeps every byte outside of the block, and has them back without it", () => {
    const written = write(text, dev, prod);
    const block = blockText(source, [dev, prod]).trimEnd();
    const crlf = /^[^\n]*\r\n/.test(text.replace(/^\ufeff/, ""));
    expect(written.split(crlf ? block.replaceAll("\n", "\r\n") : block)).toHaveLength(2);
    expect(written.startsWith(text)).toBe(true);
    expect(remove(written)).toBe(text);
    expect(write(written)).toBe(text);
  });

  it("stays as it is when the same is written again, and follows what is changed", () => {
    const written = write(text, dev, prod);
    expect(write(written, dev, prod)).toBe(written);
    expect(write(write(written, prod), dev, prod)).toBe(written);
    expect(remove(write(written, profileOf("dev", "us-west-2"), profileOf("third")))).toBe(text);
  });

  it("has the profiles beside its own, for botocore", () => {
    const before = profilesIn(text);
    const inherited = "DEFAULT" in before ? {} : text.includes("[DEFAULT]") ? { output: "json" } : {};
    expect(profilesIn(write(text, dev))).toEqual({
      ...before,
      dev: { ...inherited, credential_process: "tegata credential-process dev", region: "eu-central-1" },
    });
  });
});

describe.each(oddConfigFiles.filter(({ refused }) => refused !== undefined))(
  "a file with $name",
  ({ text, refused }) => {
    it("is refused, with the line", () => {
      expect(refusal(() => write(text, dev))).toBe(refused);
      expect(refusal(() => remove(text))).toBe(refused);
      expect(refusal(() => write(text))).toBe(refused);
    });
  },
);

const around = (block: string) => `[profile mine]\nregion = x\n\n${block}[profile later]\nregion = y\n`;

describe("a block that others have written to", () => {
  const block = blockText(source, [dev, prod]);

  it("stays where it stands", () => {
    const text = around(block);
    expect(write(text, prod, dev)).toBe(around(blockText(source, [prod, dev])));
    expect(remove(text)).toBe("[profile mine]\nregion = x\n[profile later]\nregion = y\n");
  });

  it("keeps their keys, blocks of keys and comments, and its own keys where they stand", () => {
    const theirs = `[profile dev]
# chosen by hand
output = json
region = moved
s3 =
    # a comment within
    max_concurrent_requests = 3

    addressing_style = path
Credential_Process=/old/tegata credential-process
  dev
cli_pager =
`;
    const text = block.replace(/\[profile dev\][^[]*/, `${theirs}\n`);
    expect(write(text, dev, prod)).toBe(
      text
        .replace("region = moved", "region = eu-central-1")
        .replace(
          "Credential_Process=/old/tegata credential-process\n  dev",
          "credential_process = tegata credential-process dev",
        ),
    );
    expect(write(text, prod)).not.toContain("output");
    // A region that tegata does not know is somebody's choice.
    expect(write(text, profileOf("dev"), prod)).toContain("region = moved");
  });

  it("takes in what the AWS CLI adds to its last profile below its end", () => {
    const text = `${block}output = json\ns3 =\n    a = b\n# about the next one\n\n[profile later]\nregion = y`;
    const written = write(text, dev, prod);
    expect(written).toBe(
      `${block.replace("process prod\n", "process prod\noutput = json\ns3 =\n    a = b\n")}# about the next one\n\n[profile later]\nregion = y`,
    );
    expect(write(written, dev, prod)).toBe(written);
    expect(remove(text)).toBe("# about the next one\n\n[profile later]\nregion = y");
    expect(write(text, dev)).toBe(`${blockText(source, [dev])}# about the next one\n\n[profile later]\nregion = y`);
  });

  it("has new line ends where the AWS CLI has changed those of the file", () => {
    const text = write("[profile mine]\r\nregion = x\r\n", dev).replaceAll("\r\n", "\n");
    expect(write(text, dev)).toBe(text);
  });

  it("is beside the block of another file of settings", () => {
    const other = { id: "tegata-1f2e3d4c", says: [] };
    const both = withBlock({ path, text: write("", dev) }, other, [profileOf("other")]);
    expect(["tegata", other.id, "acme"].map((id) => hasBlock(both, id))).toEqual([true, true, false]);
    expect(remove(both)).toBe(blockText(other, [profileOf("other")]).replace(/^/, "\n"));
    expect(withoutBlock({ path, text: both }, other.id)).toBe(write("", dev));
  });
});

it("a profile that stands outside of the block is found, in each spelling, with its line and where its credentials are from", () => {
  const text = `[profile "dev"]
aws_access_key_id = AKIA
[profile mine]
region = x
  [profile prod]
[default]
region = x
${blockText(source, [dev])}`;
  const beside = profilesBeside({ path, text }, "tegata", ["dev", "prod", "default", "other"]);
  expect(beside).toEqual([
    { name: "dev", line: 1, source: "aws_access_key_id" },
    { name: "default", line: 6, source: undefined },
    { name: "prod", line: 5, source: undefined },
  ]);
});

describe("no matter what stands in a file,", () => {
  const pieces = [
    "[profile a]\n",
    "[default]\r\n",
    "region = x\n",
    "  b = c\r\n",
    "\n",
    "\r\n",
    "# c\n",
    "; d = e:\r\n",
    "   \n",
    "s3 =\n",
    "    x = y\n",
    "[profile b]",
    "\u00e9 = \u3042\n",
    "[x]\n",
  ];

  it("what is outside of the block comes back, through changes and the writing of others", () => {
    let seed = 20_261_129;
    const random = (below: number) => {
      // Park and Miller's generator: the same files each time.
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    let accepted = 0;
    for (let round = 0; round < 4000; round += 1) {
      const text = Array.from({ length: random(9) }, () => pieces[random(pieces.length)]).join("");
      if (refusal(() => write(text, dev, prod)) !== "none") {
        continue;
      }
      accepted += 1;
      const written = write(text, dev, prod);
      expect(remove(written)).toBe(text);
      expect(remove(write(written, profileOf("third", "x")))).toBe(text);
      const later = `${written}${written.endsWith("\n") ? "" : "\n"}[profile later]\nregion = y\n`;
      expect(remove(later)).toBe(
        `${text}${text === "" || text.endsWith("\n") ? "" : lineEndOf(text)}[profile later]\nregion = y\n`,
      );
    }
    expect(accepted).toBeGreaterThan(800);
  });
});

function lineEndOf(text: string): string {
  return text.split("\n")[0]?.endsWith("\r") === true ? "\r\n" : "\n";
}
