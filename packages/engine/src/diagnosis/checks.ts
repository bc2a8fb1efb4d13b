import { awsConfigCheck } from "./aws-config-check.ts";
import { awsFilesCheck } from "./aws-files-check.ts";
import { cachedCheck } from "./cached-check.ts";
import { clockCheck } from "./clock-check.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import { discoveryCheck } from "./discovery-check.ts";
import { environmentCheck } from "./environment-check.ts";
import { flowCheck } from "./flow-check.ts";
import { cacheFolderCheck, stateFolderCheck } from "./folders-check.ts";
import { idTokenCheck, storedIdTokenCheck } from "./id-token-check.ts";
import { idpCheck } from "./idp-check.ts";
import { keysCheck } from "./keys-check.ts";
import { authoritiesCheck, proxyCheck } from "./network-check.ts";
import { clientTokenCheck, platformTokenCheck } from "./platform-token-check.ts";
import { profileCheck } from "./profile-check.ts";
import { roleCheck } from "./role-check.ts";
import type { Check } from "./run-checks.ts";
import { settingsCheck } from "./settings-check.ts";
import { signInCheck } from "./sign-in-check.ts";
import { stsCheck } from "./sts-check.ts";
import { tokenStoreCheck } from "./token-store-check.ts";
import { versionsCheck } from "./versions-check.ts";

/**
 * All that is looked at, in the order of a sign-in: what comes first is the reason for what comes later. Then what is beside the way, and
 * tells why another program does not get there.
 */
export const checks: readonly Check<DiagnosisContext>[] = [
  settingsCheck,
  profileCheck,
  idpCheck,
  roleCheck,
  cacheFolderCheck,
  stateFolderCheck,
  proxyCheck,
  authoritiesCheck,
  platformTokenCheck,
  discoveryCheck,
  clockCheck,
  keysCheck,
  flowCheck,
  clientTokenCheck,
  tokenStoreCheck,
  signInCheck,
  idTokenCheck,
  storedIdTokenCheck,
  cachedCheck,
  stsCheck,
  awsFilesCheck,
  awsConfigCheck,
  environmentCheck,
  versionsCheck,
];
