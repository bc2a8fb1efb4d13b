interface Versions {
  readonly bun?: string;
  readonly deno?: string;
  readonly node: string;
}

/** What runs this program, for people: `Bun 1.4.5`. */
export function runtimeName(): string {
  const { bun, deno, node }: Versions = process.versions;
  return bun !== undefined ? `Bun ${bun}` : deno !== undefined ? `Deno ${deno}` : `Node.js ${node}`;
}
