"""A process that lives longer than its credentials: signs, waits for a line on stdin, signs again."""

import sys

import boto3

session = boto3.Session(profile_name="dev")
client = session.client("sts", region_name="us-east-1", endpoint_url=sys.argv[1])
for _ in range(2):
    arn = client.get_caller_identity()["Arn"]
    print(session.get_credentials().get_frozen_credentials().access_key, arn, flush=True)
    sys.stdin.readline()
