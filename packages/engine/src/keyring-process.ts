/** What a library starts for the keyring: see `keyring.ts`. */
import { readStdin, serveKeyring } from "./storage/keyring-child.ts";
import { writeBytes } from "./system/write-stdout.ts";

await serveKeyring(await readStdin(), (text) => writeBytes(new TextEncoder().encode(text)));
