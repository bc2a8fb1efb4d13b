import { toRenderedOutput } from "@tegata/core";
import { fakeFormatContext, failure, formatContract, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatAcme } from "./format-acme.ts";

formatContract(formatAcme, { printsCredentials: true });

const render = async (prefix: string, sessionToken: string) =>
  formatAcme.render({ ...sampleCredentials, sessionToken }, { prefix }, fakeFormatContext());

test("a prefix stands before every name", async () => {
  const { stdout } = toRenderedOutput(await render("MY_", "token"));
  expect(stdout.match(/^MY_AWS_/gm)).toHaveLength(4);
});

test("a value with a line break is refused", async () => {
  await failure(render("", "x\nPATH=/tmp"), "output_failed");
});
