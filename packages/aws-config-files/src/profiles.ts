import { type AwsFile, type AwsKey, type AwsSection, nestedKeys, strip } from "./parse-aws-file.ts";
import { shellWordsOf } from "./shell-words.ts";

/** In `~/.aws/config` a profile is called `[profile NAME]`, in `~/.aws/credentials` `[NAME]`. */
export type AwsFileKind = "config" | "credentials";

type ProfileKeys = ReadonlyMap<string, string | ReadonlyMap<string, string>>;

/** What every other section inherits from, in Python. */
const inherited = "DEFAULT";

/**
 * The profiles of a file as botocore sees them. A file with problems has no profiles for botocore; here they are what can be
 * read.
 */
export function readProfiles(kind: AwsFileKind, { sections }: AwsFile): ReadonlyMap<string, ProfileKeys> {
  const defaults = sections.filter(({ name }) => name === inherited).flatMap(({ keys }) => keys);
  const profiles = new Map<string, ProfileKeys>();
  for (const { name, keys } of sections.filter((section) => section.name !== inherited)) {
    const profile = kind === "credentials" ? name : profileOfConfig(name);
    if (profile !== undefined) {
      profiles.set(profile, new Map([...defaults, ...keys].map((each) => [each.key, valueOf(each)])));
    }
  }
  return profiles;
}

/**
 * The sections that one reader or another takes for a profile, with the keys that they inherit. botocore takes the last one;
 * others put them together, leave blanks out, or take `[profile NAME]` in the credentials file for that profile as well.
 */
export function sectionsOfProfile(kind: AwsFileKind, { sections }: AwsFile, profile: string): readonly AwsSection[] {
  const defaults = sections.filter(({ name }) => name === inherited).flatMap(({ keys }) => keys);
  return sections
    .filter(({ name }) => profileNamesOf(kind, name).includes(profile))
    .map((section) => ({ ...section, keys: [...defaults, ...section.keys] }));
}

/** The names of profiles that one reader or another takes a section for. */
export function profileNamesOf(kind: AwsFileKind, section: string): readonly string[] {
  const name = strip(section);
  const inConfig = profileOfConfig(name);
  const inCredentials = kind === "credentials" && name !== inherited ? [name] : [];
  return [...inCredentials, ...(inConfig === undefined || inCredentials.includes(inConfig) ? [] : [inConfig])];
}

function profileOfConfig(section: string): string | undefined {
  if (section === "default") {
    return section;
  }
  if (!section.startsWith("profile")) {
    return undefined;
  }
  const words = shellWordsOf(section) ?? [];
  return words.length === 2 ? words[1] : undefined;
}

function valueOf({ value }: AwsKey): string | ReadonlyMap<string, string> {
  const nested = nestedKeys(value);
  return nested === undefined || nested === "broken" ? value : nested;
}
