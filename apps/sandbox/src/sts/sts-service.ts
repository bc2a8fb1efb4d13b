import type { ServerResponse } from "node:http";
import type { FaultPlan } from "../faults.ts";
import type { SandboxResponse, Exchange, Handler } from "../http-server.ts";
import { assumeRole } from "./assume-role.ts";
import { assumeRoleWithWebIdentity, type StsWorld } from "./assume-role-with-web-identity.ts";
import { verifySignature } from "./signature-v4.ts";
import { injectedError, noVerificationKey, StsError } from "./sts-error.ts";
import { errorResponse, successResponse, type XmlMembers } from "./xml.ts";

const VERSION = "2011-06-15";

/** The Security Token Service: AWS Query protocol at `/`, by POST form or by query. */
export class StsService implements Handler {
  readonly service = "sts";
  readonly #world: StsWorld;
  readonly #now: () => number;

  constructor(world: StsWorld, now: () => number) {
    this.#world = world;
    this.#now = now;
  }

  area(): "sts" {
    return "sts";
  }

  async handle(exchange: Exchange, _response: ServerResponse, plan: FaultPlan): Promise<SandboxResponse> {
    try {
      if (plan.stsError !== undefined) {
        throw injectedError(plan.stsError);
      }
      const parameters = new URLSearchParams([...exchange.url.searchParams, ...exchange.form]);
      const action = parameters.get("Action") ?? "";
      const result = await this.#act(action, parameters, exchange, this.#now() + plan.clockSkewSeconds * 1000);
      return successResponse(action, result);
    } catch (error) {
      return errorResponse(
        error instanceof StsError
          ? error
          : new StsError(
              "InternalFailure",
              500,
              "An internal error has occurred. Try your query again at a later time.",
            ),
      );
    }
  }

  async #act(action: string, parameters: URLSearchParams, exchange: Exchange, now: number): Promise<XmlMembers> {
    const version = parameters.get("Version") ?? "";
    if (exchange.url.pathname !== "/" || !["GET", "POST"].includes(exchange.method) || version !== VERSION) {
      throw unknownAction(action, version);
    }
    switch (action) {
      case "AssumeRoleWithWebIdentity": {
        if (exchange.headers["x-amz-security-token"] !== undefined) {
          throw noVerificationKey();
        }
        if (exchange.headers["authorization"] !== undefined) {
          throw new StsError("InvalidClientTokenId", 403, "The security token included in the request is invalid.");
        }
        return assumeRoleWithWebIdentity(parameters, this.#world, now);
      }
      case "AssumeRole": {
        return assumeRole(parameters, await verifySignature(exchange, this.#world.credentials, now), this.#world, now);
      }
      case "GetCallerIdentity": {
        const caller = await verifySignature(exchange, this.#world.credentials, now);
        return { Arn: caller.assumedRoleArn, UserId: caller.assumedRoleId, Account: caller.accountId };
      }
      default:
        throw unknownAction(action, version);
    }
  }
}

function unknownAction(action: string, version: string): StsError {
  return new StsError(
    "InvalidAction",
    400,
    `Could not find operation ${action} for version ${version || "NO_VERSION_SPECIFIED"}`,
  );
}
