import { defaultPlugins } from "@tegata/cli";
import { formatAcme } from "./format-acme.ts";

/** What this program is made of: everything that comes with tegata, and what is its own. */
export const { idps } = defaultPlugins;
export const formats = [formatAcme, ...defaultPlugins.formats];
