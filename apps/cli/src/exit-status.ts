import type { ErrorCode } from "@tegata/core";

/**
 * 70 is a bug (sysexits EX_SOFTWARE), 130 Ctrl-C (128 + SIGINT), 126 and 127 a command that cannot be run or is not there,
 * as shells have it.
 */
export type ExitStatus = 0 | 2 | 3 | 4 | 5 | 6 | 70 | 126 | 127 | 130;

const usage = 2;
const settings = 3;
const signInNeeded = 4;
const refused = 5;
const network = 6;

/** Scripts branch on these: a change needs a changeset that says so. */
export const exitStatuses: Readonly<Record<ErrorCode, ExitStatus>> = {
  usage_invalid: usage,
  settings_not_found: settings,
  settings_unreadable: settings,
  settings_syntax: settings,
  settings_invalid: settings,
  settings_incomplete: settings,
  // What this machine is set up like is a setting too: a folder, a disk, a closed stdout, a browser.
  storage_unwritable: settings,
  storage_unreadable: settings,
  storage_unsafe: settings,
  output_failed: settings,
  file_unreadable: settings,
  file_unwritable: settings,
  process_failed: settings,
  plugin_untrusted: settings,
  plugin_invalid: settings,
  plugin_check_failed: refused,
  // Another process is at it: the same command can do better in a moment.
  storage_locked: network,
  browser_failed: settings,
  port_taken: settings,
  // A pipeline is set up in files of its own.
  workload_not_found: settings,
  workload_token_missing: settings,
  client_credential_invalid: settings,
  sign_in_required: signInNeeded,
  // Nobody was there.
  sign_in_expired: signInNeeded,
  idp_session_expired: signInNeeded,
  sign_in_denied: refused,
  idp_grant_disabled: refused,
  idp_client_rejected: refused,
  idp_rejected: refused,
  idp_unreachable: network,
  idp_unavailable: network,
  // An answer that makes no sense counts as a network error: something else than the IdP may have given it.
  idp_invalid_response: network,
  idp_untrusted_url: network,
  id_token_missing: network,
  id_token_invalid: network,
  id_token_expired: network,
  id_token_signature_invalid: network,
  id_token_wrong_account: signInNeeded,
  sts_unreachable: network,
  sts_unavailable: network,
  sts_throttled: network,
  sts_invalid_response: network,
  sts_verification_key_unavailable: network,
  sts_idp_unreachable: network,
  sts_access_denied: refused,
  sts_provider_unknown: refused,
  sts_audience_rejected: refused,
  sts_id_token_rejected: refused,
  sts_id_token_expired: refused,
  sts_claim_rejected: refused,
  sts_role_not_listed: refused,
  sts_source_rejected: refused,
  sts_duration_rejected: refused,
  sts_request_invalid: refused,
  sts_policy_rejected: refused,
  sts_region_disabled: refused,
  sts_rejected: refused,
  federation_unreachable: network,
  federation_unavailable: network,
  federation_invalid_response: network,
  federation_rejected: refused,
  exec_not_found: 127,
  exec_not_executable: 126,
  interrupted: 130,
  internal: 70,
};
