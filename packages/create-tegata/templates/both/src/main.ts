/** The program's first file: gives cached output while it is right, and loads the plugins for everything else. */
import { main } from "@tegata/cli/main";
import packageJson from "../package.json" with { type: "json" };

await main({
  name: "acme-tegata",
  version: packageJson.version,
  plugins: () => import("./plugins.ts"),
});
