import { flag, hint, or, TegataError, words } from "@tegata/core";
import type { GroupClaim } from "../groups.ts";
import { plainText, refused } from "../refuse.ts";
import type { Text } from "../text/tree.ts";
import { hostAndPath } from "./iam-side.ts";
import { reachOf } from "./issuer.ts";
import { type Condition, literal, type TrustStatement } from "./trust-policy.ts";

/** Which people may take the role. */
export interface People {
  /** E-mail addresses, or subjects as the provider names them. */
  readonly persons: readonly string[];
  /** Left out: none. */
  readonly groups: GroupClaim | undefined;
  /** Everybody who can sign in at the client. */
  readonly everyone: boolean;
}

/** Statements that let these people in, and what to know about them. */
export interface Admission {
  readonly statements: readonly TrustStatement[];
  readonly notes: readonly string[];
}

/**
 * The people's part of a trust policy: one statement for each way to name them. The audience alone never decides unless that was
 * said, and at an issuer that everybody has, never.
 *
 * @throws TegataError `usage_invalid`
 */
export function admitPeople(people: People, issuer: string, clientId: Text): Admission {
  const host = hostAndPath(issuer);
  const { isShared, needsSubject } = reachOf(host);
  const { persons, groups, everyone } = people;
  if (persons.length === 0 && groups === undefined && !everyone) {
    throw nobodyNamed(issuer, isShared);
  }
  if (everyone && (persons.length > 0 || groups !== undefined)) {
    const other = persons.length > 0 ? "person" : "group";
    throw new TegataError("usage_invalid", words`${flag("everyone")} and ${flag(other)} contradict each other`, {
      hint: hint`leave ${flag("everyone")} out`,
    });
  }
  if (everyone && isShared) {
    throw new TegataError(
      "usage_invalid",
      words`${flag("everyone")} would let everybody in who has an account at ${issuer}`,
      { hint: hint`name them: ${flag("person", "ann@example.com")}` },
    );
  }
  const named = persons.map((person) => checkedPerson(person));
  const mails = named.filter(isMail);
  const subjects = named.filter((person) => !isMail(person));
  if (needsSubject && (mails.length > 0 || groups !== undefined)) {
    throw new TegataError("usage_invalid", `AWS takes no trust policy for ${issuer} that does not name the subject`, {
      hint: hint`name each person by the sub of the ID token: ${flag("person", "1234567")}`,
    });
  }
  const audience: Condition = {
    operator: "StringEquals",
    key: `${host}:aud`,
    values: [typeof clientId === "string" ? literal(clientId) : clientId],
  };
  const admit = (sid: string, operator: Condition["operator"], key: string, values: readonly string[]) => {
    const [first, ...others] = values.map(literal);
    return first === undefined
      ? []
      : [{ sid, conditions: [audience, { operator, key, values: [first, ...others] }] } as const];
  };
  const { names: groupNames = [], in: groupsIn = { tag: "" } } = groups ?? {};
  const statements = [
    ...admit("PeopleBySubject", "StringEquals", `${host}:sub`, subjects),
    ...admit("PeopleByEmail", "StringEquals", `${host}:email`, mails),
    ...("claim" in groupsIn
      ? admit("PeopleByGroup", "ForAnyValue:StringEquals", `${host}:amr`, groupNames)
      : admit("PeopleByGroup", "StringEquals", `aws:RequestTag/${groupsIn.tag}`, groupNames)),
    ...(everyone ? [{ sid: "Everyone", conditions: [audience] }] : []),
  ];
  return { statements, notes: [...notesOf(mails.length > 0, everyone), ...notesOnGroups(people)] };
}

function notesOf(hasMails: boolean, everyone: boolean): readonly string[] {
  return [
    ...(hasMails
      ? [
          "The policy believes the e-mail address in the ID token. That is safe only where people cannot choose an address without",
          "proving it: where they can, name the sub of each person instead.",
        ]
      : []),
    ...(everyone
      ? [
          "EVERYBODY who can sign in at this client gets the role: nothing but aud is compared. Close sign-up at the provider, and",
          "assign the client to the people who are meant, or let the policy name them.",
        ]
      : []),
  ];
}

function notesOnGroups({ groups }: People): readonly string[] {
  if (groups === undefined) {
    return [];
  }
  return "claim" in groups.in
    ? ["The groups are those in the claim amr of the ID token, the only list in a token that AWS compares."]
    : [
        `The group is the session tag ${groups.in.tag}: one text, in the claim https://aws.amazon.com/tags of the ID token, as in`,
        `{"principal_tags": {"${groups.in.tag}": ["NAME"]}}. Who may change that claim at the provider may take this role.`,
      ];
}

function nobodyNamed(issuer: string, isShared: boolean): TegataError {
  const some = [hint`name people with ${flag("person", "ann@example.com")}`, or`a group with ${flag("group", "NAME")}`];
  return new TegataError(
    "usage_invalid",
    `who may take the role is not said, and anyone may have an account at ${issuer}`,
    {
      hint: isShared ? some : [...some, or`say ${flag("everyone")} if nobody but your own people can sign in there`],
    },
  );
}

function checkedPerson(person: string): string {
  if (/[*?]/.test(person)) {
    throw refused(flag("person"), person, "holds a * or ?, and a person is named exactly", [
      hint`name each person`,
      or`a group with ${flag("group", "NAME")}`,
    ]);
  }
  return plainText("person", person);
}

/** `CLIENTID@clients`, a subject of Auth0, is none. */
function isMail(person: string): boolean {
  return /^[^\s@|]+@[^\s@|]+\.[^\s@|]+$/.test(person);
}
