import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a TLS server needs. */
export interface KeyAndCertificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

export interface Authority {
  /** PEM. */
  readonly file: string;
  issue(options: {
    readonly names: readonly string[];
    /** Of the first and the last day, as openssl writes times: `20400101000000Z`. */
    readonly from?: string;
    readonly to?: string;
  }): KeyAndCertificate;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout"];

/** A certificate authority that no runtime knows. Needs openssl. */
export function createAuthority(folder: string): Authority {
  const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  openssl("req", "-x509", ...newKey, "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=private-ca");
  writeFileSync(
    join(folder, "ca.cnf"),
    "[ca]\ndefault_ca=d\n[d]\ndatabase=./index\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\n" +
      "unique_subject=no\nrand_serial=yes\n[p]\ncommonName=supplied\n",
  );
  writeFileSync(join(folder, "index"), "");
  let issued = 0;
  return {
    file: join(folder, "ca.pem"),
    issue: ({ names, from = "20200101000000Z", to = "20990101000000Z" }) => {
      issued += 1;
      const name = `server-${issued}`;
      const alternatives = names.map((each) => `${/^[\d.]+$/.test(each) ? "IP" : "DNS"}:${each}`).join(",");
      const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${alternatives}`];
      openssl("req", ...newKey, `${name}.key`, "-out", `${name}.csr`, ...subject);
      const by = ["-cert", "ca.pem", "-keyfile", "ca.key", "-startdate", from, "-enddate", to];
      openssl("ca", "-batch", "-notext", "-config", "ca.cnf", ...by, "-in", `${name}.csr`, "-out", `${name}.pem`);
      return readPair(folder, name);
    },
  };
}

/** A certificate that is its own authority. */
export function selfSigned(folder: string, host: string): KeyAndCertificate {
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const args = ["req", "-x509", ...newKey, "own.key", "-out", "own.pem", "-days", "30", ...subject];
  execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  return readPair(folder, "own");
}

function readPair(folder: string, name: string): KeyAndCertificate {
  return { key: readFileSync(join(folder, `${name}.key`)), cert: readFileSync(join(folder, `${name}.pem`)) };
}
