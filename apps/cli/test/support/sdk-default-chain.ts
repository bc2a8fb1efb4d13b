/**
 * A JavaScript program that lives longer than its credentials: signs with what the default chain of the SDK finds, waits for
 * a line on stdin, signs again. Its argument is the endpoint of STS.
 */
import { createInterface } from "node:readline";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const client = new STSClient({ region: "us-east-1", endpoint: String(process.argv[2]) });
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
for (const _ of [1, 2]) {
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  process.stdout.write(`${(await client.config.credentials()).accessKeyId} ${Arn}\n`);
  await lines.next();
}
