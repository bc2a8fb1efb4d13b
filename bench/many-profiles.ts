import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

const many = 500;

/**
 * A home folder in which 500 profiles have one identity provider and a role each, as those of a company's file do.
 *
 * @returns its variables
 */
export async function furnishManyProfiles(folder: string): Promise<Readonly<Record<string, string>>> {
  const config = join(folder, ".config/tegata");
  await mkdir(config, { recursive: true });
  const path = join(config, "tegata.toml");
  await writeFile(path, settingsText());
  // New ones are read in a dearer way.
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await utimes(path, anHourAgo, anHourAgo);
  return { HOME: folder };
}

function settingsText(): string {
  const idp = `[idp.acme]\ntype = "auth0"\ndomain = "acme.eu.auth0.com"\nclient_id = "8TZ4bGJxPq1Vd0Lr2sYc5nWk7mHf3eAu"\n`;
  const profiles = Array.from({ length: many }, (_, index) => {
    const account = String(100_000_000_000 + index * 7919);
    return `[profile.team-${index}]\nidp = "acme"\nrole_arn = "arn:aws:iam::${account}:role/Developer"\nregion = "eu-central-1"\n`;
  });
  return `default_profile = "team-0"\n\n${[idp, ...profiles].join("\n")}`;
}
