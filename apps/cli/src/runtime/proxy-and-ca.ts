import { readFile } from "node:fs/promises";
import { printable, TegataError } from "@tegata/core";

/** What the environment says of how to reach the network. */
export interface ProxyAndCa {
  /** PEM, one or more certificates, trusted besides the runtime's own. */
  readonly caCertificates: string | undefined;
  /** The value of a proxy variable; `undefined` when there is none. */
  readonly proxy: string | undefined;
}

const caVariables = ["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
const proxyVariables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/** @throws TegataError `settings_unreadable` for a CA file that cannot be read or holds no certificate */
export async function readProxyAndCa(env: Readonly<Record<string, string | undefined>>): Promise<ProxyAndCa> {
  const files: string[] = [];
  for (const name of caVariables) {
    const path = env[name] ?? "";
    if (path !== "") {
      files.push(await readCertificates(name, path));
    }
  }
  const proxy = proxyVariables.map((name) => env[name] ?? "").find((value) => value !== "");
  return { caCertificates: files.length === 0 ? undefined : files.join("\n"), proxy };
}

async function readCertificates(variable: string, path: string): Promise<string> {
  const hint = `correct or unset ${variable}: it names a file of PEM certificates`;
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const shown = printable(path);
    throw new TegataError("settings_unreadable", `${variable} names ${shown}, which cannot be read`, {
      hint,
      cause: error,
    });
  });
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new TegataError(
      "settings_unreadable",
      `${variable} names ${printable(path)}, which holds no PEM certificate`,
      {
        hint,
      },
    );
  }
  return text;
}
