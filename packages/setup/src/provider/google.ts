import { flag, hint, TegataError, words } from "@tegata/core";
import type { ProviderClient } from "./provider-client.ts";

/** Google's clients for programs are made on a web page only. */
export function google({ name, groups, programName }: ProviderClient): string {
  if (groups !== undefined) {
    throw new TegataError("usage_invalid", words`Google puts no claims of your own into its ID tokens`, {
      hint: hint`leave ${flag("group")} out and name people with ${flag("person", "ann@example.com")}`,
    });
  }
  return `# Nothing was applied: Google has no API for these clients, so this is a list for a person.
#
# 1. https://console.cloud.google.com/auth/branding: choose a project, and give the application the name ${name}.
# 2. https://console.cloud.google.com/auth/audience: user type Internal, so that only people of your organization can sign in.
# 3. https://console.cloud.google.com/auth/clients, Create client. A client is for one flow:
#    - application type "TVs and Limited Input devices" for the device flow (flow = "device")
#    - application type "Desktop app" for the browser flow (flow = "browser"); there is no redirect URI to register
# 4. Put client id and client secret of one of them into tegata.toml. For a program the secret is none:
#
#    [idp.google]
#    type = "google"
#    client_id = "….apps.googleusercontent.com"
#    client_secret = "GOCSPX-…"
#
# 5. The IAM side has no provider to create: ${programName} setup terraform --idp google --person ann@example.com
#    It lets in one client. If people use both flows, add the other client id to accounts.google.com:aud by hand.
`;
}
