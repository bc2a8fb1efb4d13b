/** The AWS partitions: closed worlds of regions with their own ARNs, STS and console. */
export type PartitionName =
  | "aws"
  | "aws-cn"
  | "aws-us-gov"
  | "aws-eusc"
  | "aws-iso"
  | "aws-iso-b"
  | "aws-iso-e"
  | "aws-iso-f";

export interface Partition {
  /** Field 2 of every ARN in it. */
  readonly name: PartitionName;
  /** What its region names look like; covers regions that are not there yet. */
  readonly regionPattern: RegExp;
  /** Its first region, for whoever named none. */
  readonly defaultRegion: string;
  /** `undefined` where AWS publishes no address: the isolated partitions. */
  readonly console: PartitionConsole | undefined;
}

export interface PartitionConsole {
  /** Every console page is on this host or below it. */
  readonly host: string;
  /** The host of console federation; each region has its own below it. */
  readonly signInHost: string;
  /** The region whose federation endpoint is `signInHost` itself, where AWS lists it so. */
  readonly bareSignInRegion: string | undefined;
}

function withConsole(host: string, signInHost: string, bareSignInRegion?: string): PartitionConsole {
  return { host, signInHost, bareSignInRegion };
}

/** Region patterns and first regions as in the SDKs' `partitions.json`. */
export const partitions: readonly Partition[] = [
  {
    name: "aws",
    regionPattern: /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/,
    defaultRegion: "us-east-1",
    console: withConsole("console.aws.amazon.com", "signin.aws.amazon.com", "us-east-1"),
  },
  {
    name: "aws-cn",
    regionPattern: /^cn-[a-z]+-\d+$/,
    defaultRegion: "cn-northwest-1",
    console: withConsole("console.amazonaws.cn", "signin.amazonaws.cn"),
  },
  {
    name: "aws-us-gov",
    regionPattern: /^us-gov-[a-z]+-\d+$/,
    defaultRegion: "us-gov-west-1",
    console: withConsole("console.amazonaws-us-gov.com", "signin.amazonaws-us-gov.com"),
  },
  {
    name: "aws-eusc",
    regionPattern: /^eusc-(de)-[a-z]+-\d+$/,
    defaultRegion: "eusc-de-east-1",
    console: withConsole("console.amazonaws-eusc.eu", "signin.amazonaws-eusc.eu"),
  },
  { name: "aws-iso", regionPattern: /^us-iso-[a-z]+-\d+$/, defaultRegion: "us-iso-east-1", console: undefined },
  { name: "aws-iso-b", regionPattern: /^us-isob-[a-z]+-\d+$/, defaultRegion: "us-isob-east-1", console: undefined },
  { name: "aws-iso-e", regionPattern: /^eu-isoe-[a-z]+-\d+$/, defaultRegion: "eu-isoe-west-1", console: undefined },
  { name: "aws-iso-f", regionPattern: /^us-isof-[a-z]+-\d+$/, defaultRegion: "us-isof-south-1", console: undefined },
];

/** The partition that a region belongs to; `undefined` for what is not shaped like a region of any. */
export function partitionOfRegion(region: string): Partition | undefined {
  return partitions.find(({ regionPattern }) => regionPattern.test(region));
}

/** The partition called so in ARNs; `undefined` for a name that AWS does not use. */
export function partitionNamed(name: string): Partition | undefined {
  return partitions.find((partition) => partition.name === name);
}

/**
 * The console federation endpoint of a region, `undefined` in a partition without a public console.
 *
 * A region's own host keeps sign-in away from an outage of another region, and aws-eusc has no other. us-east-1 alone is
 * listed without its name in front.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/signin-service.html
 */
export function consoleFederationEndpoint(partition: Partition, region: string): string | undefined {
  if (partition.console === undefined) {
    return undefined;
  }
  const { signInHost, bareSignInRegion } = partition.console;
  return `https://${region === bareSignInRegion ? signInHost : `${region}.${signInHost}`}/federation`;
}
