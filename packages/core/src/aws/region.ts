import * as v from "valibot";
import { shownValue } from "../base/shown-value.ts";
import { partitionNamed, partitionOfRegion, partitions } from "./partition.ts";
import { needsExplicitStsEndpoint, type RoleArn } from "./role-arn.ts";

/** Every region that AWS has announced, of all partitions. */
export const knownRegions: readonly string[] = partitions.flatMap(({ regions }) => regions);

/**
 * The name of an AWS region, like `eu-central-1`. A region that is newer than this program passes when it is shaped like
 * the others of its partition.
 */
export const regionSchema = regionSchemaSuggesting(() => "");

/** The same, with the nearest of the known regions behind its message. */
export function regionSchemaSuggesting(suggest: (region: string, known: readonly string[]) => string) {
  return v.pipe(
    v.string((issue) => `is ${shownValue(issue.input)}, not text: write a region such as eu-central-1`),
    v.check(
      (region) => partitionOfRegion(region) !== undefined,
      (issue) => explainRegion(issue.input, suggest),
    ),
  );
}

/**
 * What is wrong when a role is to be assumed through a region of another partition; `undefined` when nothing is. Roles of
 * S3-compatible stores have no region.
 */
export function checkRegionOfPartition(role: RoleArn, region: string): string | undefined {
  const partition = partitionOfRegion(region);
  if (needsExplicitStsEndpoint(role) || partition?.name === role.partition) {
    return undefined;
  }
  const where = partition === undefined ? "of no known partition" : `of the partition ${partition.name}`;
  const instead = partitionNamed(role.partition)?.defaultRegion ?? "one of its own";
  return `region ${shownValue(region, 80)} is ${where}, but ${role.arn} is of ${role.partition}: name a region such as ${instead}`;
}

function explainRegion(region: string, suggest: (region: string, known: readonly string[]) => string): string {
  const shown = shownValue(region, 80);
  const lowerCase = region.trim().toLowerCase();
  if (lowerCase !== region && partitionOfRegion(lowerCase) !== undefined) {
    return `${shown} is not how the region is written: ${lowerCase}`;
  }
  const withoutZone = lowerCase.replace(/[a-z]$/, "");
  if (partitionOfRegion(withoutZone) !== undefined) {
    return `${shown} is an availability zone: its region is ${withoutZone}`;
  }
  return `${shown} is not an AWS region: write one such as eu-central-1${suggest(region, knownRegions)}`;
}
