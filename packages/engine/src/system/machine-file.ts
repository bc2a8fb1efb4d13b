/** The settings file of the machine's administrator. */
export interface MachineFile {
  /** Nothing that a user can set moves it: what it fixes would be no more than a habit. */
  readonly path: string;
  /** The user id of the administrator: 0. */
  readonly owner: number;
}

/**
 * Where it is. On Windows it is a literal path: `%ProgramData%` is a variable, and anyone sets those.
 *
 * @param platform `process.platform`
 */
export function machineFileOf(platform: string): MachineFile {
  const path =
    platform === "win32"
      ? String.raw`C:\ProgramData\tegata\tegata.toml`
      : platform === "darwin"
        ? "/Library/Application Support/tegata/tegata.toml"
        : "/etc/tegata/tegata.toml";
  return { path, owner: 0 };
}
