import {
  hint,
  hostTraits,
  parseJson,
  type ProcessResult,
  setting,
  shownPath,
  shownValue,
  TegataError,
  type WorkloadContext,
} from "@tegata/core";
import * as v from "valibot";
import { lastWords, tokenPrintedBy } from "./printed-token.ts";
import { awsAudience, spireAgentPathSchema, tokenFileSchema, tokenSettings } from "./settings.ts";
import { tokenInFile } from "./token-file.ts";
import { issuerRuleIfNamed } from "./token-rules.ts";
import { definePlatform, tokenMissing } from "./token-source.ts";

const issuerHint = "set jwt_issuer of the SPIRE server to the URL of its OIDC discovery provider";
const useFile = hint`let spiffe-helper write a JWT-SVID, and name its file: ${setting("token_file", "FILE")}`;

/** The JWT-SVID specification, section 3.3: `typ` may be `JOSE`. */
const profile = { types: ["JOSE"] };

const outputSchema = v.array(
  v.looseObject({ svids: v.optional(v.array(v.looseObject({ svid: v.pipe(v.string(), v.nonEmpty()) }))) }),
);

/**
 * SPIFFE, by a JWT-SVID: in a file that `spiffe-helper` keeps up to date, else from the Workload API by `spire-agent`.
 *
 * @see https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_Endpoint.md
 */
export const spiffe = definePlatform({
  name: "spiffe",
  title: "SPIFFE",
  summary: "SPIFFE, by a JWT-SVID from a file or from spire-agent",
  settings: v.strictObject({
    ...tokenSettings,
    token_file: v.optional(tokenFileSchema),
    spire_agent_path: v.optional(spireAgentPathSchema, "spire-agent"),
  }),
  find: async (settings, machine) => {
    const file = settings.token_file;
    const hints = {
      notAToken: issuerHint,
      audience: "correct jwt_audience of spiffe-helper, one alone",
      anyAudience: true,
      expired: "check that spiffe-helper runs, and the clock of this machine",
    };
    if (file !== undefined) {
      return tokenInFile(file, machine, useFile, {
        issuer: issuerRuleIfNamed(settings),
        audience: settings.audience,
        profile,
        hints,
      });
    }
    const endpoint = machine.variable("SPIFFE_ENDPOINT_SOCKET");
    if (endpoint === undefined) {
      return undefined;
    }
    const socketPath = socketPathOf(endpoint);
    const audience = settings.audience ?? awsAudience;
    return {
      traits: [endpoint, ...(await hostTraits(machine))],
      issuer: issuerRuleIfNamed(settings),
      audience,
      profile,
      hints,
      token: (context) => fetchJwtSvid(settings.spire_agent_path, socketPath, audience, context),
    };
  },
});

/** `unix:///run/spire/agent.sock`: the command wants the path alone. */
function socketPathOf(endpoint: string): string {
  const [, path] = /^unix:(?:\/\/)?(\/.+)$/.exec(endpoint) ?? [];
  if (path === undefined) {
    throw tokenMissing(
      `SPIFFE_ENDPOINT_SOCKET is ${shownValue(endpoint, 200)}, and spire-agent takes only unix:///…`,
      useFile,
    );
  }
  return path;
}

async function fetchJwtSvid(
  program: string,
  socketPath: string,
  audience: string,
  context: WorkloadContext,
): Promise<string> {
  const command = [
    program,
    "api",
    "fetch",
    "jwt",
    "-audience",
    audience,
    "-socketPath",
    socketPath,
    "-output",
    "json",
  ] as const;
  const svid = await tokenPrintedBy(command, context, { explain, tokenIn: svidIn });
  if (svid === undefined) {
    throw new TegataError("idp_invalid_response", `the output of ${shownPath(program)} holds no JWT-SVID`, {
      hint: "update spire-agent: an old one does not know -output json",
    });
  }
  return svid;
}

/** The first is the workload's default identity. */
function svidIn(output: string): string | undefined {
  const printed = v.safeParse(outputSchema, parseJson(output));
  const [first] = printed.success ? printed.output.flatMap(({ svids = [] }) => svids) : [];
  return first?.svid;
}

/** gRPC's own words, as the command passes them on. */
function explain(result: ProcessResult): TegataError | undefined {
  const words = lastWords(result);
  if (/PermissionDenied|no identity issued/i.test(words)) {
    return new TegataError("idp_rejected", `the SPIRE agent has no identity for this process: ${words}`, {
      hint: "create a registration entry whose selectors fit this workload",
    });
  }
  if (/Unavailable|connection refused|no such file|DeadlineExceeded/i.test(words)) {
    return new TegataError("idp_unreachable", `the SPIRE agent does not answer: ${words}`, {
      hint: "check that it runs and that SPIFFE_ENDPOINT_SOCKET names its socket",
    });
  }
  return undefined;
}
