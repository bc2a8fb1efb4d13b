import { TegataError } from "../base/errors.ts";
import { again, hint, or, setting } from "../base/wording.ts";
import { shownValue } from "../base/shown-value.ts";
import { explainOfflineAccess, explainScope, type RefusedScope } from "./explain-scope.ts";
import type { Flow } from "./grant.ts";
import { type OAuthRefusal, refusalDetails, saidBy } from "./token-response.ts";

/** What a refused grant is called, and what its administrator has to switch on. */
const grantNames: Readonly<Record<Flow, string>> = {
  device: "the device grant",
  browser: "the authorization code grant",
  "client-credentials": "the client credentials grant",
};

/**
 * What the error codes of RFC 6749 section 5.2 mean for this program.
 *
 * @param refused of which client, and with which scope
 * @param flow what was refused; `renewal`: a refresh token
 */
export function explainRefusal(refusal: OAuthRefusal, refused: RefusedScope, flow: Flow | "renewal"): TegataError {
  const { clientId } = refused;
  const said = saidBy(refusal);
  const details = refusalDetails(refusal);
  switch (refusal.error) {
    case "unauthorized_client":
    case "unsupported_grant_type": {
      // Without that endpoint no grant is of any use.
      if (/\btoken endpoint\b/i.test(refusal.description ?? "")) {
        return new TegataError(
          "idp_client_rejected",
          `the identity provider does not let the client ${shownValue(clientId)} use the token endpoint (${said})`,
          { hint: "ask its administrator to allow the token endpoint for this client", details },
        );
      }
      const grant = flow === "renewal" ? "refresh tokens" : grantNames[flow];
      return new TegataError(
        "idp_grant_disabled",
        `the identity provider does not allow ${grant} for the client ${shownValue(clientId)} (${said})`,
        { hint: `ask its administrator to enable ${grant} for this client`, details },
      );
    }
    case "invalid_client":
      return new TegataError(
        "idp_client_rejected",
        `the identity provider does not accept the client ${shownValue(clientId)} (${said})`,
        {
          hint:
            flow === "client-credentials"
              ? hint`check ${setting("client_id")}, and that its secret or its key is the one that is registered there`
              : [hint`check ${setting("client_id")}`, hint`the client must be a public (native) one, without a secret`],
          details,
        },
      );
    case "invalid_scope":
      return refusedScope(refusal, refused, flow);
    // RFC 6749 has the first two for the authorization endpoint; some providers answer them with HTTP 400 here.
    case "temporarily_unavailable":
    case "server_error":
    case "slow_down":
      return new TegataError("idp_unavailable", `the identity provider cannot answer right now: ${said}`, {
        hint: "try again in a moment",
        details,
      });
    // Of a device code that is still good: the person may not sign in, or the code was used and the answer got lost.
    case "invalid_grant":
    case "bad_verification_code":
      return new TegataError("idp_rejected", `the identity provider does not finish the sign-in: ${said}`, {
        hint: hint`${again}; if it stays, ask the administrator of the identity provider`,
        details,
      });
    case "invalid_request": {
      const explained = asksForScope(flow) ? explainOfflineAccess(refusal, refused) : undefined;
      // A scope that exists, and is not for this client: some say so by this error. Amazon Cognito describes it as invalid_scope.
      const isAboutScope = /(\b|_)scopes?\b/i.test(refusal.description ?? "");
      return explained ?? (isAboutScope ? refusedScope(refusal, refused, flow) : refusedOtherwise(refusal, flow));
    }
    default:
      return refusedOtherwise(refusal, flow);
  }
}

function asksForScope(flow: Flow | "renewal"): boolean {
  return flow === "device" || flow === "browser";
}

function refusedScope(refusal: OAuthRefusal, refused: RefusedScope, flow: Flow | "renewal"): TegataError {
  if (asksForScope(flow)) {
    return explainScope(refusal, refused);
  }
  return new TegataError("idp_rejected", `the identity provider does not accept the scope (${saidBy(refusal)})`, {
    hint: hint`check ${setting(flow === "renewal" ? "scope" : "client_scope")}`,
    details: refusalDetails(refusal),
  });
}

function refusedOtherwise(refusal: OAuthRefusal, flow: Flow | "renewal"): TegataError {
  return new TegataError("idp_rejected", `the identity provider refused: ${saidBy(refusal)}`, {
    hint: [
      flow === "client-credentials"
        ? hint`check ${setting("client_id")}, ${setting("client_scope")} and ${setting("audience")}`
        : hint`check ${setting("client_id")}, ${setting("scope")} and ${setting("audience")}`,
      or`ask its administrator`,
    ],
    details: refusalDetails(refusal),
  });
}
