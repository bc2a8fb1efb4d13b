import { defaultPlugins } from "@tegata/cli";
import { idpAcme } from "./idp-acme.ts";

/** What this program is made of: everything that comes with tegata, and what is its own. */
export const idps = [idpAcme, ...defaultPlugins.idps];
export const { formats } = defaultPlugins;
