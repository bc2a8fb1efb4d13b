import { toRenderedAnswer } from "@tegata/core";
import { failure, fakeFormatContext, formatContract, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatDockerEnv } from "./format-docker-env.ts";

formatContract(formatDockerEnv, { printsCredentials: true });

const render = async (secretAccessKey: string) =>
  formatDockerEnv.render({ ...sampleCredentials, secretAccessKey }, {}, fakeFormatContext());

test.each(["s+/=", "it's", '"quoted"', "a b # c", "$HOME"])(
  "%j arrives with quotes or without a part",
  async (value) => {
    expect(await render(value)).toContain(`\nAWS_SECRET_ACCESS_KEY=${value}\n`);
  },
);

test("a line break in a value sets another variable", async () => {
  await failure(render("a\nPATH=/tmp"), "output_failed");
});

test("--unset leaves a key of the image as it is, or an empty region", async () => {
  const set = toRenderedAnswer(await render("s")).stdout.match(/^\w+=/gm) ?? [];
  const unset = toRenderedAnswer((await formatDockerEnv.renderUnset?.({}, fakeFormatContext())) ?? "").stdout;
  expect(unset.split("\n")).toEqual([...set.filter((line) => !line.includes("REGION")), ""]);
});
