import { awsEnvironment, defineFormat, environmentLines, stepEnvironmentUnset } from "@tegata/core";
import * as v from "valibot";

/**
 * Lines for `docker run --env-file`: everything after the first `=` is the value, quotes included, and there is no way to
 * write a line break.
 *
 * @throws TegataError as `awsEnvironment`
 * @see https://docs.docker.com/reference/cli/docker/container/run/#env
 */
export const formatDockerEnv = defineFormat({
  id: "docker-env",
  summary: "print AWS credentials as lines for docker run --env-file",
  examples: [
    { line: "docker-env dev", what: "lines for docker run --env-file" },
    { line: "docker-env dev --duration 4h", what: "that last longer" },
  ],
  options: v.strictObject({}),
  asksPerson: "terminal",
  repeatable: true,
  render: (credentials, _options, { region }) => environmentLines(Object.entries(awsEnvironment(credentials, region))),
  renderUnset: () => environmentLines(stepEnvironmentUnset),
});
