import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface PluginProgramsOptions {
  readonly folder: string;
  readonly tegata: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How many there are on `PATH` in every run of the bench: those that are not used cost nothing. */
const howMany = 50;

/**
 * Fills a folder with plugins that are programs, one of which is trusted: the format `quick`, the smallest that there is.
 *
 * @returns The words that run `quick` alone, with a request.
 */
export async function furnishPrograms({ folder, tegata, env }: PluginProgramsOptions): Promise<string> {
  await mkdir(folder);
  const names = Array.from(
    { length: howMany - 1 },
    (_item, index) => `tegata-${index % 2 === 0 ? "idp" : "format"}-other-${index}`,
  );
  const description = { event: "description", protocols: [1], kind: "format", id: "quick", summary: "an example" };
  for (const name of [...names, "tegata-format-quick"]) {
    const path = join(folder, name);
    await writeFile(
      path,
      `#!/bin/sh
read -r request
case $request in
  *describe*) echo '${JSON.stringify(description)}' ;;
  *) echo '{"event":"output","text":"nothing\\n"}' ;;
esac
`,
    );
    await chmod(path, 0o755);
  }
  const trust = Bun.spawn([tegata, "plugins", "trust", "quick"], { env, stdout: "ignore", stderr: "inherit" });
  if ((await trust.exited) !== 0) {
    throw new Error("the program cannot be trusted");
  }
  return `echo '{"protocol":1,"request":"render"}' | ${join(folder, "tegata-format-quick")}`;
}
