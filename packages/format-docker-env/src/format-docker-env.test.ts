import { toRenderedOutput } from "@tegata/core";
import { failure, fakeFormatContext, formatContract, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatDockerEnv } from "./format-docker-env.ts";

formatContract(formatDockerEnv, { printsCredentials: true });

const render = async (secretAccessKey: string) =>
  formatDockerEnv.render({ ...sampleCredentials, secretAccessKey }, {}, fakeFormatContext());

test.each(["s+/=", "it's", '"quoted"', "a b # c", "$HOME"])("%j stands there whole, without quotes", async (value) => {
  expect(await render(value)).toContain(`\nAWS_SECRET_ACCESS_KEY=${value}\n`);
});

test("a value with a line break is refused", async () => {
  await failure(render("a\nPATH=/tmp"), "output_failed");
});

test("--unset empties every key of the image, and leaves the region alone", async () => {
  const set = toRenderedOutput(await render("s")).stdout.match(/^\w+=/gm) ?? [];
  const unset = toRenderedOutput((await formatDockerEnv.renderUnset?.({}, fakeFormatContext())) ?? "").stdout;
  expect(unset.split("\n")).toEqual([...set.filter((line) => !line.includes("REGION")), ""]);
});
