"""A process that lives longer than its credentials: says `ready`, and signs at each of two lines on stdin.

Arguments: the endpoint of STS, and the profile, else the default chain.
"""

import sys

import boto3

print("ready", flush=True)
sys.stdin.readline()
session = boto3.Session(profile_name=sys.argv[2] if len(sys.argv) > 2 else None)
client = session.client("sts", region_name="us-east-1", endpoint_url=sys.argv[1])
for _ in range(2):
    arn = client.get_caller_identity()["Arn"]
    print(session.get_credentials().get_frozen_credentials().access_key, arn, flush=True)
    sys.stdin.readline()
