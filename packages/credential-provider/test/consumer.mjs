// A program of somebody else's: it knows the published package and nothing more.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromTegata } from "@tegata/credential-provider";

const credentials = fromTegata({ profile: "dev" });
const client = new STSClient({ region: "us-east-1", endpoint: process.argv[2], credentials });
const { Arn } = await client.send(new GetCallerIdentityCommand({}));
console.log(`${(await credentials()).accessKeyId} ${Arn}`);
