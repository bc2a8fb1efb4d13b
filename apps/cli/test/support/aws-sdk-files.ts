const packages = /node_modules\/((?:@aws-sdk|@smithy|@aws)\/[^/]+)\/(.*)$/;

/** What requests to STS need: schemas, protocol, XML, and the signature of a role chain. */
const allowed: Readonly<Record<string, RegExp>> = {
  "@aws-sdk/client-sts": /^package\.json$|^dist-es\/(models\/|schemas\/)/,
  "@aws-sdk/core": /^dist-es\/submodules\/protocols\//,
  "@aws-sdk/xml-builder": /^dist-es\//,
  "@smithy/core": /^dist-es\/submodules\/(protocols|schema|serde|transport|client|event-streams|checksum)\//,
  "@smithy/signature-v4": /^dist-es\//,
  "@smithy/types": /^dist-es\//,
};

/**
 * True for a file of the AWS SDK that a request to STS does not need: the default credential chain, `~/.aws`, instance
 * metadata, an HTTP client of its own.
 *
 * @param path as a bundle's metafile has it
 */
export function isBesideRequestToSts(path: string): boolean {
  const [, name = "", file = ""] = packages.exec(path) ?? [];
  return name !== "" && allowed[name]?.test(file) !== true;
}
