import { createConsoleUrl, defineFormat, durationSecondsSchema } from "@tegata/core";
import * as v from "valibot";

/**
 * A URL that signs a browser in to the AWS console, good for 15 minutes. Anyone who has it is signed in.
 *
 * @throws TegataError as `createConsoleUrl` does
 */
export const formatConsoleUrl = defineFormat({
  id: "console-url",
  summary: "print a URL that signs a browser in to the AWS console",
  examples: [
    { line: "console-url dev", what: "a URL to open in a browser that you choose" },
    { line: "console-url dev --destination s3", what: "a page of the console" },
  ],
  options: v.strictObject({
    destination: v.optional(
      v.pipe(v.string(), v.description("the page to open: a service (s3), a path (/s3/home) or a console URL")),
    ),
    session_duration: v.optional(
      v.pipe(
        durationSecondsSchema,
        v.description("how long the console session lasts, 15m to 12h; as long as the credentials when left out"),
      ),
    ),
    federation_issuer: v.optional(
      v.pipe(
        v.string(),
        v.description("the URL that the console offers for signing in again when the session has ended"),
      ),
    ),
  }),
  backs: "console",
  asksPerson: "terminal",
  async render(
    credentials,
    { destination, session_duration: sessionDurationSeconds, federation_issuer: issuer },
    context,
  ) {
    const { federationEndpoint, ports } = context;
    const region = context.region ?? context.defaultRegion;
    const url = await createConsoleUrl(
      { credentials, region, destination, issuer, sessionDurationSeconds, federationEndpoint },
      ports,
    );
    return `${url}\n`;
  },
});
