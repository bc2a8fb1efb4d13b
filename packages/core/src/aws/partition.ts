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

/** A part of AWS with accounts, regions and hosts of its own: `aws`, `aws-cn`, `aws-us-gov`. */
export interface Partition {
  /** Field 2 of every ARN in it. */
  readonly name: PartitionName;
  /** What its region names look like; covers regions that are not there yet. */
  readonly regionPattern: RegExp;
  /** The regions that AWS has announced. A newer one passes as well: they are for finding the nearest name. */
  readonly regions: readonly string[];
  /** Its first region, for anyone who named none. */
  readonly defaultRegion: string;
  /** What the hosts of its services end in. */
  readonly dnsSuffix: string;
  /** The same, of hosts that have IPv6 addresses as well. */
  readonly dualStackDnsSuffix: string;
  /** `undefined` where AWS publishes no address: the isolated partitions. */
  readonly console: PartitionConsole | undefined;
}

/** Where a partition has its console. */
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

// Regions, first regions and suffixes as in the SDKs' `partitions.json`.
const aws: Partition = {
  name: "aws",
  regionPattern: pattern("us|eu|ap|sa|ca|me|af|il|mx"),
  regions: words(
    "us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 " +
      "ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 " +
      "ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 " +
      "eu-west-3 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1",
  ),
  defaultRegion: "us-east-1",
  dnsSuffix: "amazonaws.com",
  dualStackDnsSuffix: "api.aws",
  console: withConsole("console.aws.amazon.com", "signin.aws.amazon.com", "us-east-1"),
};

/**
 * Every partition that AWS has announced.
 *
 * @see https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
export const partitions: readonly Partition[] = [
  aws,
  {
    name: "aws-cn",
    regionPattern: pattern("cn"),
    regions: words("cn-north-1 cn-northwest-1"),
    defaultRegion: "cn-northwest-1",
    dnsSuffix: "amazonaws.com.cn",
    dualStackDnsSuffix: "api.amazonwebservices.com.cn",
    console: withConsole("console.amazonaws.cn", "signin.amazonaws.cn"),
  },
  {
    name: "aws-us-gov",
    regionPattern: pattern("us-gov"),
    regions: words("us-gov-east-1 us-gov-west-1"),
    defaultRegion: "us-gov-west-1",
    dnsSuffix: "amazonaws.com",
    dualStackDnsSuffix: "api.aws",
    console: withConsole("console.amazonaws-us-gov.com", "signin.amazonaws-us-gov.com"),
  },
  {
    name: "aws-eusc",
    regionPattern: pattern("eusc-(?:de)"),
    regions: words("eusc-de-east-1"),
    defaultRegion: "eusc-de-east-1",
    dnsSuffix: "amazonaws.eu",
    dualStackDnsSuffix: "api.amazonwebservices.eu",
    console: withConsole("console.amazonaws-eusc.eu", "signin.amazonaws-eusc.eu"),
  },
  isolated("aws-iso", "us-iso", "us-iso-east-1 us-iso-west-1", "c2s.ic.gov", "api.aws.ic.gov"),
  isolated("aws-iso-b", "us-isob", "us-isob-east-1 us-isob-west-1", "sc2s.sgov.gov", "api.aws.scloud"),
  isolated("aws-iso-e", "eu-isoe", "eu-isoe-west-1", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
  isolated("aws-iso-f", "us-isof", "us-isof-south-1 us-isof-east-1", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
];

/**
 * A region of the world, a direction, a number. The directions are all that AWS has ever used, so `eu-centrl-1` is known for a slip while a
 * new region passes.
 */
function pattern(areas: string): RegExp {
  return new RegExp(`^(?:${areas})-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\\d+$`);
}

function words(text: string): readonly string[] {
  return text.split(" ");
}

function isolated(
  name: PartitionName,
  area: string,
  names: string,
  dnsSuffix: string,
  dualStackDnsSuffix: string,
): Partition {
  const regions = words(names);
  return {
    name,
    regionPattern: pattern(area),
    regions,
    defaultRegion: regions[0] ?? "",
    dnsSuffix,
    dualStackDnsSuffix,
    console: undefined,
  };
}

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

/** What a region's own STS can be asked for besides. */
interface StsVariant {
  /** Only cryptography that the US government has validated (FIPS 140). */
  readonly useFipsEndpoint: boolean;
  /** IPv6 as well. */
  readonly useDualstackEndpoint: boolean;
}

/**
 * The host of a region's own STS. A region of no known partition counts as one of `aws`, as in the SDK: the rules are the
 * SDK's, which are in none of its exports, and a test holds these to them.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/sts.html
 */
export function stsHost(region: string, { useFipsEndpoint, useDualstackEndpoint }: StsVariant): string {
  const { name, dnsSuffix, dualStackDnsSuffix } = partitionOfRegion(region) ?? aws;
  // In GovCloud the plain name is one of FIPS.
  const service = useFipsEndpoint && (useDualstackEndpoint || name !== "aws-us-gov") ? "sts-fips" : "sts";
  return `${service}.${region}.${useDualstackEndpoint ? dualStackDnsSuffix : dnsSuffix}`;
}
