import { type CiPlatform, repositoryOf } from "./ci-platform.ts";
import { literal } from "./trust-policy.ts";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const aws = "sts.amazonaws.com";

const github: CiPlatform = {
  id: "github",
  title: "GitHub Actions",
  example: { repository: "acme/site", ref: "main" },
  takes: ["repository", "ref", "environment", "ids", "issuer", "audience"],
  trust: (values) => {
    const issuer = values.optional("issuer") ?? "https://token.actions.githubusercontent.com";
    const [owner, repository] = repositoryOf(values, /^[\w.-]+$/, ["owner", "repository"]);
    const ids =
      values.optional("ids") === undefined ? undefined : values.ids(/^\d{1,20}$/, ["OWNER-ID", "REPOSITORY-ID"]);
    const ref = values.either("ref", "environment") ? values.required("ref", /./, "") : undefined;
    const what =
      ref === undefined
        ? `environment:${literal(values.required("environment", /./, "").replaceAll(":", "%3A"))}`
        : `ref:${values.ref(ref)}`;
    const plain = `repo:${owner}/${repository}:${what}`;
    const host = issuer.replace(/^https:\/\//, "");
    return {
      issuer,
      audience: values.optional("audience") ?? aws,
      subjects: ids === undefined ? [plain] : [plain, `repo:${owner}@${ids[0]}/${repository}@${ids[1]}:${what}`],
      isPattern: ref?.includes("*") === true,
      // A name that became free can be somebody else's; an id stays.
      more:
        ids === undefined
          ? []
          : [
              { operator: "StringEquals", key: `${host}:repository_owner_id`, values: [ids[0]] },
              { operator: "StringEquals", key: `${host}:repository_id`, values: [ids[1]] },
            ],
      notes: [
        "Owner and repository must be in the case in which GitHub has them. A job with an environment has that in its sub, and no branch.",
        ...(ids === undefined
          ? [
              "Repositories made, renamed or moved after July 15, 2026 have two ids in their sub. Name them here too, so that nobody else can get",
              "the role by a name that became free: gh api repos/OWNER/REPOSITORY shows them (owner.id and id).",
            ]
          : []),
      ],
    };
  },
};

const gitlab: CiPlatform = {
  id: "gitlab",
  title: "GitLab CI",
  example: { repository: "acme/site", ref: "main" },
  takes: ["repository", "ref", "issuer", "audience"],
  trust: (values) => {
    const path = values.required("repository", /^[\w.-]+(?:\/[\w.-]+)+$/, "is no path of a project, such as acme/site");
    const ref = values.required("ref", /./, "");
    const [, tag] = /^refs\/tags\/(.+)$/.exec(ref) ?? [];
    const name = values.ref(tag ?? ref.replace(/^refs\/heads\//, ""), true);
    return {
      issuer: values.optional("issuer") ?? "https://gitlab.com",
      audience: values.optional("audience") ?? aws,
      subjects: [`project_path:${path}:ref_type:${tag === undefined ? "branch" : "tag"}:ref:${name}`],
      isPattern: ref.includes("*"),
      notes: [`The job needs id_tokens: GITLAB_OIDC_TOKEN: aud: with the audience of the policy.`],
    };
  },
};

const circleci: CiPlatform = {
  id: "circleci",
  title: "CircleCI",
  example: { ids: "2f8e6a1c-0b5d-4c3e-9a7f-1d2c3b4a5e6f/7b9d5e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f" },
  takes: ["ids", "audience"],
  trust: (values) => {
    const [organization, project] = values.ids(uuid, ["ORGANIZATION-ID", "PROJECT-ID"]);
    return {
      issuer: `https://oidc.circleci.com/org/${organization}`,
      audience: values.optional("audience") ?? organization,
      subjects: [`org/${organization}/project/${project}/user/*`],
      isPattern: true,
      notes: [
        "Every branch of the project gets the role: the sub of CircleCI names none. user/* is the person who started the pipeline.",
      ],
    };
  },
};

const buildkite: CiPlatform = {
  id: "buildkite",
  title: "Buildkite",
  example: { repository: "acme/site", ref: "main" },
  takes: ["repository", "ref", "audience"],
  trust: (values) => {
    const [organization, pipeline] = repositoryOf(values, /^[\w-]+$/, ["organization", "pipeline"]);
    const ref = values.ref(values.required("ref", /./, ""));
    return {
      issuer: "https://agent.buildkite.com",
      audience: values.optional("audience") ?? aws,
      subjects: [`organization:${organization}:pipeline:${pipeline}:ref:${ref}:commit:*:step:*`],
      isPattern: true,
      notes: [],
    };
  },
};

const bitbucket: CiPlatform = {
  id: "bitbucket",
  title: "Bitbucket Pipelines",
  example: {
    repository: "acme/site",
    ids: "3c5e7a9b-2d4f-4e6a-8b0c-1d3e5f7a9b2c/5e7a9b1c-3d5f-4a6b-9c8d-7e6f5a4b3c2d",
    environment: "8b0c2d4e-6f7a-4b5c-8d9e-0f1a2b3c4d5e",
  },
  takes: ["repository", "ids", "environment", "audience"],
  trust: (values) => {
    const [workspace] = repositoryOf(values, /^[\w.-]+$/, ["workspace", "repository"]);
    const [workspaceId, repositoryId] = values.ids(uuid, ["WORKSPACE-UUID", "REPOSITORY-UUID"]);
    const environment = values.required(
      "environment",
      uuid,
      "is no UUID of a deployment environment: Repository settings > OpenID Connect shows it",
    );
    return {
      issuer: `https://api.bitbucket.org/2.0/workspaces/${workspace}/pipelines-config/identity/oidc`,
      audience: values.optional("audience") ?? `ari:cloud:bitbucket::workspace/${workspaceId}`,
      subjects: [`{${repositoryId}}:{${environment}}:*`],
      isPattern: true,
      notes: ["Only steps with deployment: of this environment get the role: the sub of Bitbucket names no branch."],
    };
  },
};

const azureDevops: CiPlatform = {
  id: "azure-devops",
  title: "Azure Pipelines",
  example: { repository: "acme/site/publish", ids: "4f6a8c0e-1b3d-4e5f-9a7b-2c4d6e8f0a1b" },
  takes: ["repository", "ids", "subject"],
  trust: (values) => {
    const [guid] = values.ids(uuid, ["ORGANIZATION-GUID"]);
    const isPipeline = values.either("repository", "subject");
    return {
      issuer: `https://vstoken.dev.azure.com/${guid}`,
      audience: "api://AzureADTokenExchange",
      subjects: [
        isPipeline
          ? `p://${literal(repositoryOf(values, /^[^/*?]+$/, ["organization", "project", "pipeline"]).join("/"))}`
          : literal(
              values.required(
                "subject",
                /^sc:\/\/[^/*?]+\/[^/*?]+\/[^*?]+$/,
                "is no sub of a service connection, such as sc://acme/site/CONNECTION",
              ),
            ),
      ],
      isPattern: false,
      notes: isPipeline
        ? [
            "Every branch of the pipeline gets the role: its sub names none. A service connection that only some may use tells them apart.",
          ]
        : [],
    };
  },
};

const vercel: CiPlatform = {
  id: "vercel",
  title: "Vercel",
  example: { repository: "acme/site", environment: "production" },
  takes: ["repository", "environment", "audience"],
  trust: (values) => {
    const [team, project] = repositoryOf(values, /^[\w.-]+$/, ["team", "project"]);
    const environment = values.required("environment", /^[\w-]+$/, "is no environment of Vercel, such as production");
    return {
      issuer: `https://oidc.vercel.com/${team}`,
      audience: values.optional("audience") ?? `https://vercel.com/${team}`,
      subjects: [`owner:${team}:project:${project}:environment:${environment}`],
      isPattern: false,
      notes: ["The project must have Secure Backend Access with OIDC Federation turned on, with the issuer mode team."],
    };
  },
};

const hcpTerraform: CiPlatform = {
  id: "hcp-terraform",
  title: "HCP Terraform",
  example: { repository: "acme/networks/vpc", environment: "apply" },
  takes: ["repository", "environment", "issuer", "audience"],
  trust: (values) => {
    const names = repositoryOf(values, /^[\w -]+$/, ["organization", "project", "workspace"]);
    const [organization, project, workspace] = names;
    const phase = values.required("environment", /^(?:plan|apply)$/, "must be plan or apply, the phase of a run");
    return {
      issuer: values.optional("issuer") ?? "https://app.terraform.io",
      audience: values.optional("audience") ?? "aws.workload.identity",
      subjects: [`organization:${organization}:project:${project}:workspace:${workspace}:run_phase:${phase}`],
      isPattern: false,
      notes: [
        "The workspace needs the environment variable TFC_WORKLOAD_IDENTITY_AUDIENCE with the audience of the policy. Give plan and apply",
        "a role each: a plan needs to read only.",
      ],
    };
  },
};

const kubernetes: CiPlatform = {
  id: "kubernetes",
  title: "Kubernetes and EKS",
  example: {
    issuer: "https://oidc.eks.eu-central-1.amazonaws.com/id/D539D4633E53DE1B716D3041EXAMPLE0",
    subject: "system:serviceaccount:jobs:backup",
  },
  takes: ["issuer", "subject", "audience"],
  trust: (values) => ({
    issuer: values.required("issuer", /./, ""),
    audience: values.optional("audience") ?? aws,
    subjects: [
      values.required(
        "subject",
        /^system:serviceaccount:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/,
        "is no service account: write system:serviceaccount:NAMESPACE:NAME",
      ),
    ],
    isPattern: false,
    notes: [],
  }),
};

const gcp: CiPlatform = {
  id: "gcp",
  title: "Google Cloud",
  example: { subject: "108642097531864209753" },
  takes: ["subject", "audience"],
  trust: (values) => {
    const id = values.required(
      "subject",
      /^\d{15,25}$/,
      "is no unique id of a service account, which gcloud iam service-accounts describe shows",
    );
    return {
      issuer: "https://accounts.google.com",
      // The key aud has azp, which is the account; what a token is for is in oaud.
      audience: id,
      subjects: [id],
      isPattern: false,
      more: [
        {
          operator: "StringEquals",
          key: "accounts.google.com:oaud",
          values: [literal(values.optional("audience") ?? aws)],
        },
      ],
      notes: ["IAM knows Google by itself: there is no provider to create."],
    };
  },
};

const other: CiPlatform = {
  id: "other",
  title: "any other issuer",
  example: { issuer: "https://jenkins.example.com/oidc", subject: "https://jenkins.example.com/job/site/job/main/" },
  takes: ["issuer", "audience", "subject"],
  trust: (values) => ({
    issuer: values.required("issuer", /./, ""),
    audience: values.optional("audience") ?? aws,
    subjects: [
      literal(values.required("subject", /^[^*?]+$/, "holds a * or ?: the sub of the token is compared exactly")),
    ],
    isPattern: false,
    notes: [],
  }),
};

/**
 * Every platform whose jobs can be let in, called as its tokens are (`workload/github`), and any other issuer. `docs/ci` has the
 * same trust policies, which a test compares.
 */
export const ciPlatforms: readonly CiPlatform[] = [
  github,
  gitlab,
  circleci,
  buildkite,
  bitbucket,
  azureDevops,
  vercel,
  hcpTerraform,
  kubernetes,
  gcp,
  other,
];
