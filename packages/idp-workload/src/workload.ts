import {
  defineIdp,
  hint,
  isTegataError,
  type Machine,
  setting,
  TegataError,
  words,
  type WorkloadIdentity,
} from "@tegata/core";
import * as v from "valibot";
import { azureDevops } from "./azure-devops.ts";
import { bitbucket } from "./bitbucket.ts";
import { buildkite } from "./buildkite.ts";
import { circleci } from "./circleci.ts";
import { command } from "./command.ts";
import { file } from "./file.ts";
import { gcp } from "./gcp.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";
import { hcpTerraform } from "./hcp-terraform.ts";
import { irsa } from "./irsa.ts";
import { kubernetes } from "./kubernetes.ts";
import {
  serviceAccountSchema,
  serviceConnectionIdSchema,
  spireAgentPathSchema,
  tokenCommandSchema,
  tokenFileSchema,
  tokenSettings,
  tokenVariableSchema,
} from "./settings.ts";
import { spiffe } from "./spiffe.ts";
import { variable } from "./variable.ts";
import { vercel } from "./vercel.ts";

const settings = v.strictObject({
  ...tokenSettings,
  token_file: v.optional(tokenFileSchema),
  token_variable: v.optional(tokenVariableSchema),
  token_command: v.optional(tokenCommandSchema),
  service_account: v.optional(serviceAccountSchema),
  service_connection_id: v.optional(serviceConnectionIdSchema),
  spire_agent_path: v.optional(spireAgentPathSchema, "spire-agent"),
});

type Settings = v.InferOutput<typeof settings>;
type Find = (machine: Machine) => Promise<WorkloadIdentity | undefined>;

/** Every platform on its own, in the order in which `workload` looks for them. */
export const workloadPlatforms = [
  file,
  variable,
  command,
  github,
  gitlab,
  circleci,
  buildkite,
  bitbucket,
  azureDevops,
  hcpTerraform,
  vercel,
  irsa,
  kubernetes,
  spiffe,
  gcp,
] as const;

/**
 * The token of the platform on which this runs: what a person named, else the job's own, else the pod's, else the machine's. A job
 * on a runner inside a pod has two identities, and its own is the narrower one.
 */
export const idpWorkload = defineIdp({
  kind: "workload",
  id: "workload",
  summary: "the token that the CI job, the pod or the machine already has",
  settings,
  find: async (values, machine) => {
    const named = namedBy(values);
    if (named !== undefined) {
      return named(machine);
    }
    for (const find of jobs(values)) {
      // One that may have no token must not go on as the machine that it runs on: that would be another identity.
      const found = await find(machine);
      if (found !== undefined) {
        return found;
      }
    }
    // Every pod is in Kubernetes, wherever its identity comes from: only where nobody has one, that is the matter.
    let missing: TegataError | undefined;
    for (const find of hosts(values)) {
      const found = await find(machine).catch((error: unknown) => {
        if (!isTegataError(error) || error.code !== "workload_token_missing") {
          throw error;
        }
        missing ??= error;
        return undefined;
      });
      if (found !== undefined) {
        return found;
      }
    }
    if (missing !== undefined) {
      throw missing;
    }
    return undefined;
  },
});

/** @throws TegataError `settings_invalid` for more than one */
function namedBy(values: Settings): Find | undefined {
  const { token_file, token_variable, token_command, ...rest } = values;
  const shared = { audience: rest.audience, issuer: rest.issuer };
  const ways: readonly (readonly [string, Find | undefined])[] = [
    ["token_file", token_file === undefined ? undefined : (machine) => file.find({ ...shared, token_file }, machine)],
    [
      "token_variable",
      token_variable === undefined ? undefined : (machine) => findVariable({ ...shared, token_variable }, machine),
    ],
    [
      "token_command",
      token_command === undefined ? undefined : (machine) => command.find({ ...shared, token_command }, machine),
    ],
  ];
  const [first, second] = ways.filter(([, find]) => find !== undefined);
  if (first !== undefined && second !== undefined) {
    throw new TegataError("settings_invalid", words`${setting(first[0])} and ${setting(second[0])} are both set`, {
      hint: hint`leave all but one of ${setting("token_file")}, ${setting("token_variable")} and ${setting("token_command")} out`,
    });
  }
  return first?.[1];
}

/** A platform that has variables of its own knows more of a variable than anybody: its issuer, and what to change. */
async function findVariable(
  values: v.InferOutput<typeof variable.settings>,
  machine: Machine,
): Promise<WorkloadIdentity | undefined> {
  for (const platform of [gitlab, circleci, hcpTerraform]) {
    const found = await platform.find(values, machine);
    if (found !== undefined) {
      return found;
    }
  }
  return variable.find(values, machine);
}

function jobs({ audience, issuer, service_connection_id }: Settings): readonly Find[] {
  const values = { audience, issuer };
  return [
    (machine) => github.find(values, machine),
    (machine) => gitlab.find(values, machine),
    (machine) => circleci.find(values, machine),
    (machine) => buildkite.find(values, machine),
    (machine) => bitbucket.find(values, machine),
    (machine) => azureDevops.find({ ...values, service_connection_id }, machine),
    (machine) => hcpTerraform.find(values, machine),
    (machine) => vercel.find(values, machine),
  ];
}

/** The pod, then the machine. */
function hosts({ audience, issuer, service_account, spire_agent_path }: Settings): readonly Find[] {
  const values = { audience, issuer };
  return [
    (machine) => irsa.find(values, machine),
    (machine) => kubernetes.find(values, machine),
    (machine) => spiffe.find({ ...values, spire_agent_path }, machine),
    (machine) => gcp.find({ ...values, service_account }, machine),
  ];
}
