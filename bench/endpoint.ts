const requests = 2000;

interface EndpointOptions {
  readonly tegata: string;
  readonly env: Readonly<Record<string, string>>;
  readonly median: (numbers: readonly number[]) => number;
}

/** How long an AWS client waits for the credentials endpoint of `exec --refresh`, one request after the other. */
export async function endpoint({ tegata, env, median }: EndpointOptions): Promise<string> {
  const line = "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN; read line";
  const command = [tegata, "exec", "--refresh", "bench", "--", "sh", "-c", line];
  const child = Bun.spawn(command, { env, stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const reader = child.stdout.getReader();
  const [url = "", token = ""] = new TextDecoder()
    .decode((await reader.read()).value)
    .trim()
    .split(" ");
  const times: number[] = [];
  for (let count = 0; count < requests; count += 1) {
    const start = Bun.nanoseconds();
    const answer = await fetch(url, { headers: { Authorization: token } });
    await answer.arrayBuffer();
    times.push((Bun.nanoseconds() - start) / 1e6);
    if (answer.status !== 200) {
      throw new Error(`the endpoint answered ${answer.status}`);
    }
  }
  await child.stdin.end();
  await child.exited;
  const worst = times.toSorted((a, b) => a - b)[Math.floor(requests * 0.99)] ?? Number.NaN;
  return `the endpoint of \`exec --refresh\`: **${median(times).toFixed(2)} ms** an answer, 1 in 100 takes more than ${worst.toFixed(2)} ms`;
}
