import type { OptionsSchema } from "@tegata/core";
import * as v from "valibot";
import { expect } from "vitest";

/** What every identity provider has to say for itself, of every kind. */
interface IdpUnderTest {
  readonly id: string;
  readonly summary: string;
  readonly settings: OptionsSchema;
}

interface SettingsUnderTest {
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The parts of the contracts that look at an IdP's words and settings alone. */
export function wordChecks(idp: IdpUnderTest, idPattern: RegExp) {
  return [
    {
      name: "has a kebab-case id and a one-line summary without capital and full stop",
      check: async () => {
        expect(idp.id, "the id is not in kebab-case").toMatch(idPattern);
        // A name may stand first: `Auth0, by …`.
        expect(idp.summary, "the summary starts with a capital that is no name").not.toMatch(
          /^(The|A|An|Sign|Use|Any)\b/,
        );
        expect(idp.summary, "the summary is not one line of 5 to 80 characters without a full stop").toMatch(
          /^[^\n.]{5,80}$/,
        );
      },
    },
    {
      name: "refuses a key that it does not know",
      check: async ({ settings }: SettingsUnderTest) => {
        expect(v.safeParse(idp.settings, settings).success, "the settings under test are refused").toBe(true);
        const typo = v.safeParse(idp.settings, { ...settings, clinet_id: "typo" });
        expect(typo.success, "a key clinet_id is taken: settings must be a v.strictObject").toBe(false);
      },
    },
    {
      name: "describes every setting in lower case, for --help",
      check: async () => {
        for (const [key, schema] of Object.entries(idp.settings.entries)) {
          expect(key, "a setting is not in snake_case").toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
          const inner = "wrapped" in schema ? schema.wrapped : schema;
          expect(
            v.getDescription(inner) ?? "",
            `${key} has no v.description in lower case, without a full stop`,
          ).toMatch(/^[^A-Z].{4,}[^.]$/);
        }
      },
    },
  ];
}
