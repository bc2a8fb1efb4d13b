import { type CiPlatform, issuedBy, scriptJobs } from "./platform.ts";

export const hcpTerraform: CiPlatform = {
  page: "hcp-terraform",
  issuer: "https://app.terraform.io",
  claims: {
    aud: "aws.workload.identity",
    sub: "organization:acme:project:Default Project:workspace:network:run_phase:apply",
  },
  others: [
    "organization:acme:project:Default Project:workspace:network:run_phase:plan",
    "organization:acme:project:Default Project:workspace:other:run_phase:apply",
  ],
  env: (where) => ({
    ...issuedBy(where),
    TFC_RUN_ID: "run-1",
    TFC_WORKLOAD_IDENTITY_TOKEN: where.token,
  }),
  jobs: (page) => scriptJobs(page),
};
