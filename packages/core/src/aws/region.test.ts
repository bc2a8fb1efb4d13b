import * as v from "valibot";
import { expect, test } from "vitest";
import { partitionOfRegion, partitions } from "./partition.ts";
import { checkRegionOfPartition, knownRegions, regionSchema, regionSchemaSuggesting } from "./region.ts";
import { roleArnSchema } from "./role-arn.ts";

test.each(["eu-central-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-42", "us-northeast-1"])(
  "%s is accepted as a region",
  (region) => {
    expect(v.parse(regionSchema, region)).toBe(region);
  },
);

test.each([
  [1, /^is the number 1, not text/],
  ["", /"" is not an AWS region/],
  ["frankfurt", /"frankfurt" is not an AWS region: write one such as eu-central-1/],
  ["eu-central-1a", /availability zone: its region is eu-central-1/],
  ["EU-Central-1", /not how the region is written: eu-central-1/],
  ["eu-central-1 ", /not how the region is written: eu-central-1/],
  ["eu-central-1.evil.example", /is not an AWS region/],
  ["eu_central_1", /is not an AWS region/],
  ["eu-centrl-1", /"eu-centrl-1" is not an AWS region/],
  ["us-est-1", /"us-est-1" is not an AWS region/],
  ["us-gov-wets-1", /is not an AWS region/],
  ["eusc-de-eats-1", /is not an AWS region/],
])("%j is no region, and the error says why", (region, message) => {
  expect(v.safeParse(regionSchema, region).issues?.[0].message).toMatch(message);
});

test.each([
  ["arn:aws:iam::123456789012:role/A", "eu-central-1", undefined],
  ["arn:aws-cn:iam::123456789012:role/A", "eu-central-1", "is of aws-cn: name a region such as cn-northwest-1"],
  ["arn:aws:iam::123456789012:role/A", "moon-east-1", "is of aws: name a region such as us-east-1"],
  ["arn:minio:iam:::role/abcdef", "eu-central-1", undefined],
  ["arn:aws:iam:::role/ceph", "cn-north-1", undefined],
])("the role %s in the region %s: the problem is %j", (arn, region, message) => {
  expect(checkRegionOfPartition(v.parse(roleArnSchema, arn), region)?.replace(/.* is of/, "is of")).toEqual(message);
});

test("the message about a region of another partition names that region", () => {
  const role = v.parse(roleArnSchema, "arn:aws-cn:iam::123456789012:role/A");
  expect(checkRegionOfPartition(role, "eu-central-1")).toMatch(/^region "eu-central-1" is of the partition aws, but/);
  expect(checkRegionOfPartition(role, "moon-east-1")).toMatch(/^region "moon-east-1" is of no known partition, but/);
});

test("every region that AWS has announced is known, and is of its partition", () => {
  for (const { name, regions, defaultRegion } of partitions) {
    expect(regions).toContain(defaultRegion);
    expect(regions.map((region) => partitionOfRegion(region)?.name)).toEqual(regions.map(() => name));
  }
  expect(new Set(knownRegions).size).toBe(knownRegions.length);
});

test("a suggestion stands behind the message of a slip", () => {
  const schema = regionSchemaSuggesting((region, known) => `; ${region} of ${known.length}`);
  const { issues } = v.safeParse(schema, "eu-centrl-1");
  expect(issues?.[0].message).toContain(`; eu-centrl-1 of ${knownRegions.length}`);
});
