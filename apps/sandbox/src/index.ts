export type { BrowsedPage, Decision } from "./approval.ts";
export type { Fault, IdTokenFault } from "./faults.ts";
export {
  ACCOUNT_ID,
  CLIENT_ID,
  CLIENT_ID_WITHOUT_CODE_GRANT,
  CLIENT_ID_WITHOUT_REVOCATION,
  CLIENT_ID_WITHOUT_DEVICE_GRANT,
  GOOGLE_DESKTOP_CLIENT_ID,
  MACHINE_CLIENT_ID,
  REDIRECT_PORTS,
  type FaceName,
  type FaceOnDemand,
  type SandboxIssuers,
  type SandboxOptions,
  type SandboxRole,
  type SandboxUser,
} from "./options.ts";
export type { MachineCredentials } from "./idp/machine-client.ts";
export { AUTH0_API, OKTA_API } from "./idp/machine-tokens.ts";
export { ENTRA_TENANT } from "./idp/entra-face.ts";
export type { Area, Requester, RequestRecord, Service } from "./request-log.ts";
export { startSandbox, type FaceAddress, type Sandbox } from "./sandbox.ts";
export type { Secret, SecretKind } from "./secret-ledger.ts";
export type { TrustConditions, TrustPolicy, TrustStatement } from "./sts/trust-policy.ts";
export {
  startTokenServer,
  workloadRole,
  type TokenServerResponse,
  type TokenServerRequest,
  type TokenServer,
  type TokenServerOptions,
} from "./token-server.ts";
