import type Provider from "oidc-provider";
import type { KoaContextWithOIDC } from "oidc-provider";
import * as v from "valibot";
import { PAGE_HEADERS } from "../html.ts";
import type { SandboxUser } from "../options.ts";
import { consentPage, errorPage, loginPage } from "./pages.ts";

type Context = Pick<KoaContextWithOIDC, "req" | "res" | "method" | "path" | "set" | "status" | "body" | "respond">;

const INTERACTION_PATH = /^\/interaction\/[\w-]+$/;
const consentDetails = v.object({
  missingOIDCScope: v.optional(v.array(v.string()), []),
  missingOIDCClaims: v.optional(v.array(v.string()), []),
});
const interactionParams = v.object({ client_id: v.string(), scope: v.optional(v.string(), "") });

/** What the sign-in and consent pages of one identity provider need. */
interface InteractionWorld {
  brand: string;
  users: readonly SandboxUser[];
  accountIdOf: (user: SandboxUser) => string;
}

/** Whether a path belongs to {@link interact}. */
export function isInteraction(path: string): boolean {
  return INTERACTION_PATH.test(path);
}

/** Answers `/interaction/UID`: sign in, then allow or deny. */
export async function interact(
  provider: Provider,
  ctx: Context,
  form: URLSearchParams,
  world: InteractionWorld,
): Promise<void> {
  ctx.set(PAGE_HEADERS);
  try {
    await step(provider, ctx, form, world);
  } catch {
    ctx.status = 400;
    ctx.body = errorPage(world.brand, {
      error: "invalid_request",
      description: "This sign-in is over or was started in another browser. Start again on your device.",
    });
  }
}

async function step(
  provider: Provider,
  ctx: Context,
  form: URLSearchParams,
  { brand, users, accountIdOf }: InteractionWorld,
): Promise<void> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res);
  const { client_id: clientId, scope } = v.parse(interactionParams, interaction.params);
  const target = { action: ctx.path };
  const choice = ctx.method === "POST" ? form.get("choice") : null;

  if (choice === "cancel" || choice === "deny") {
    await finish(provider, ctx, { error: "access_denied", error_description: "the person said no" }, false);
    return;
  }
  if (interaction.prompt.name === "login") {
    const emails = users.map(({ email }) => email);
    const wanted = (form.get("email") ?? "").trim().toLowerCase();
    const user = users.find(({ email }) => email.toLowerCase() === wanted);
    if (choice === "sign-in" && user !== undefined) {
      await finish(provider, ctx, { login: { accountId: accountIdOf(user) } }, false);
      return;
    }
    ctx.status = choice === null ? 200 : 400;
    ctx.body = loginPage(brand, target, {
      emails,
      ...(choice !== null && { wrong: "Nobody here has this e-mail address." }),
    });
    return;
  }
  const accountId = interaction.session?.accountId ?? "";
  if (choice === "allow") {
    const grant = interaction.grantId
      ? await provider.Grant.find(interaction.grantId)
      : new provider.Grant({ accountId, clientId });
    if (grant === undefined) {
      throw new Error("the grant is gone");
    }
    const { missingOIDCScope, missingOIDCClaims } = v.parse(consentDetails, interaction.prompt.details);
    grant.addOIDCScope(missingOIDCScope.join(" "));
    grant.addOIDCClaims(missingOIDCClaims);
    await finish(provider, ctx, { consent: { grantId: await grant.save() } }, true);
    return;
  }
  const user = users.find((one) => accountIdOf(one) === accountId);
  ctx.status = 200;
  ctx.body = consentPage(brand, target, {
    client: clientId,
    email: user?.email ?? accountId,
    scopes: scope.split(" ").filter((one) => one !== ""),
  });
}

async function finish(
  provider: Provider,
  ctx: Context,
  result: Parameters<Provider["interactionFinished"]>[2],
  mergeWithLastSubmission: boolean,
): Promise<void> {
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission });
}
