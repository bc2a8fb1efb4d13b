/**
 * Prints who STS says this process is: `bun caller-identity.ts <STS endpoint>`. The credentials are those of the
 * environment, as any program of a shell would find them.
 */
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const [endpoint = ""] = process.argv.slice(2);
const { Arn } = await new STSClient({ endpoint }).send(new GetCallerIdentityCommand({}));
process.stdout.write(`${Arn}\n`);
