import { expectGoodWords } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { TegataError } from "../base/errors.ts";
import type { Flow } from "./grant.ts";
import { refusalTable } from "./refusal-table.ts";

const explain = refusalTable("Example", [
  { error: "declined", means: "access_denied" },
  { error: "forgotten", means: "expired_token" },
  { error: "invalid_scope", says: /offline/, code: "idp_rejected", hint: "leave out offline_access" },
  { error: "invalid_scope", code: "idp_rejected", hint: "check scope" },
  { error: "unauthorized_client", flow: "device", code: "idp_rejected", hint: "tick Device Code" },
  { error: "unauthorized_client", flow: "browser", code: "idp_rejected", hint: "tick Authorization Code" },
  { says: /E53003/, code: "idp_rejected", hint: "ask the administrator" },
]);
const explained = (error: string, description?: string, flow: Flow | "renewal" = "device") =>
  explain({ error, description, status: 400, retryAfterSeconds: undefined }, { client_id: "client" }, flow);

describe("a table of refusals", () => {
  it("takes the first row that fits, by error and by words", () => {
    expect(explained("invalid_scope", "no offline access")?.hint).toBe("leave out offline_access");
    expect(explained("invalid_scope")?.hint).toBe("check scope");
    expect(explained("access_denied", "E53003: blocked")?.hint).toBe("ask the administrator");
  });

  it("takes a row for one flow only where that flow was refused", () => {
    expect(explained("unauthorized_client", "no")?.hint).toBe("tick Device Code");
    expect(explained("unauthorized_client", "no", "browser")?.hint).toBe("tick Authorization Code");
    expect(explained("unauthorized_client", "no", "renewal")).toBeUndefined();
  });

  it("names the provider, the client and what was said, and keeps the error for programs", () => {
    const error = explained("invalid_scope", "no offline access") ?? new TegataError("internal", "no row fits");
    expect(error.message).toBe('Example refuses the client "client": no offline access');
    expect(error.details).toEqual({ error: "invalid_scope", httpStatus: 400 });
    expectGoodWords(error);
  });

  it("takes a provider's own word for the error of RFC 8628 that its row names", () => {
    expect(explained("declined", "said no")).toMatchObject({
      code: "sign_in_denied",
      message: "the sign-in was denied: said no",
    });
    expect(explained("forgotten")?.code).toBe("sign_in_expired");
  });

  it.each([
    ["house_rule", undefined],
    ["access_denied", "said no"],
  ])("leaves %s to the usual explanation where no row fits", (error, description) => {
    expect(explained(error, description)).toBeUndefined();
  });
});
