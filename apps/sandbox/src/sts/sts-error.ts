/** An error of STS, by the code, HTTP status and words that AWS uses. */
export class StsError extends Error {
  override readonly name = "StsError";
  readonly code: string;
  readonly httpStatus: number;

  constructor(code: string, httpStatus: number, message: string) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

/** A parameter is missing or breaks a constraint. */
export function validationError(message: string): StsError {
  return new StsError("ValidationError", 400, message);
}

/** The token is not one that IAM takes. */
export function invalidIdentityToken(message: string): StsError {
  return new StsError("InvalidIdentityToken", 400, message);
}

/** The keys could not be read, or hold none for this token; AWS says the same for both. */
export function noVerificationKey(): StsError {
  return invalidIdentityToken(
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
  );
}

/** Role, trust policy and condition failures all look alike from outside. */
export function accessDenied(action = "sts:AssumeRoleWithWebIdentity"): StsError {
  return new StsError("AccessDenied", 403, `Not authorized to perform ${action}`);
}

const KNOWN: Readonly<Record<string, readonly [httpStatus: number, message: string]>> = {
  AccessDenied: [403, "Not authorized to perform sts:AssumeRoleWithWebIdentity"],
  ExpiredTokenException: [400, "Token expired: current date/time must be before the expiration date/time"],
  IDPCommunicationError: [400, "Could not communicate with the identity provider."],
  IDPRejectedClaim: [403, "The identity provider rejected the claim."],
  InternalFailure: [500, "An internal error has occurred. Try your query again at a later time."],
  InvalidIdentityToken: [
    400,
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
  ],
  MalformedPolicyDocument: [400, "Syntax errors in policy."],
  PackedPolicyTooLarge: [400, "Packed policy consumes 137% of allotted space, please use smaller policy."],
  RegionDisabledException: [
    403,
    "STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.",
  ],
  ServiceUnavailable: [503, "Service is unavailable. Please try again later."],
  Throttling: [400, "Rate exceeded"],
  ValidationError: [400, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."],
};

/** The error that a fault asks for; status and words default to AWS's own for that code. */
export function injectedError(fault: {
  code: string;
  httpStatus?: number | undefined;
  message?: string | undefined;
}): StsError {
  const [httpStatus, message] = KNOWN[fault.code] ?? [400, fault.code];
  return new StsError(fault.code, fault.httpStatus ?? httpStatus, fault.message ?? message);
}
