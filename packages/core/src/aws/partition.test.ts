import { STSClient } from "@aws-sdk/client-sts";
import { partition as sdkPartition } from "@aws-sdk/core/client";
import { expect, test } from "vitest";
import { consoleFederationEndpoint, partitionNamed, partitionOfRegion, partitions, stsHost } from "./partition.ts";

const regions: Record<string, string> = {
  aws: "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2",
  "aws-cn": "cn-north-1 cn-northwest-1",
  "aws-us-gov": "us-gov-east-1 us-gov-west-1",
  "aws-eusc": "eusc-de-east-1",
  "aws-iso": "us-iso-east-1 us-iso-west-1",
  "aws-iso-b": "us-isob-east-1 us-isob-west-1",
  "aws-iso-e": "eu-isoe-west-1",
  "aws-iso-f": "us-isof-east-1 us-isof-south-1",
};

const table = Object.entries(regions).flatMap(([name, list]) => list.split(" ").map((region) => ({ name, region })));

test.each(table)("$region is in the partition $name, as in the SDK", ({ name, region }) => {
  const partition = partitionOfRegion(region);
  expect(partition?.name).toBe(name);
  expect(sdkPartition(region)).toMatchObject({ name, implicitGlobalRegion: partition?.defaultRegion });
  expect(partitions.filter(({ regionPattern }) => regionPattern.test(region))).toHaveLength(1);
});

test("a name that AWS uses finds its partition, and another one finds none", () => {
  expect(partitionNamed("minio")).toBeUndefined();
  expect(partitionNamed("aws-cn")?.defaultRegion).toBe("cn-northwest-1");
});

test.each([
  ["us-east-1", "https://signin.aws.amazon.com/federation"],
  ["eu-central-1", "https://eu-central-1.signin.aws.amazon.com/federation"],
  ["cn-north-1", "https://cn-north-1.signin.amazonaws.cn/federation"],
  ["us-gov-west-1", "https://us-gov-west-1.signin.amazonaws-us-gov.com/federation"],
  ["eusc-de-east-1", "https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation"],
  ["us-iso-east-1", undefined],
])("the console sign-in of %s is %s", (region, endpoint) => {
  const partition = partitionOfRegion(region);
  expect(partition && consoleFederationEndpoint(partition, region)).toBe(endpoint);
});

const flags = [false, true];
const variants = flags.flatMap((useFipsEndpoint) =>
  flags.map((useDualstackEndpoint) => ({ useFipsEndpoint, useDualstackEndpoint })),
);

test.each(table.map(({ region }) => region))("the STS of %s has the host that the SDK's own client asks", (region) => {
  const { endpointProvider } = new STSClient({ region }).config;
  for (const variant of variants) {
    const { url } = endpointProvider({
      Region: region,
      UseFIPS: variant.useFipsEndpoint,
      UseDualStack: variant.useDualstackEndpoint,
      UseGlobalEndpoint: false,
    });
    expect(`https://${stsHost(region, variant)}/`).toBe(url.href);
  }
});
