import { describe, expect, it } from "vitest";
import { isOwnGroup } from "./own-group.ts";

const passwd = `root:x:0:0:root:/root:/bin/bash
ann:x:1000:1000::/home/ann:/bin/bash
bob:x:1001:1001::/home/bob:/bin/bash
cid:x:1002:100::/home/cid:/bin/bash
dan:x:1003:1003::/home/dan:/bin/bash
eve:x:1004:1003::/home/eve:/bin/bash
`;
const group = `root:x:0:
users:x:100:
ann:x:1000:
bob:x:1001:ann
dan:x:1003:
deploy:x:2000:ann,root
nobodys:x:2001:
staff:x:2002:root
+
`;
const read = (path: string) => (path === "/etc/passwd" ? passwd : path === "/etc/group" ? group : undefined);
const ann = { platform: "linux", uid: 1000 };

describe("isOwnGroup", () => {
  it.each([
    ["the user's own", 1000, true],
    ["another user's, that this one is in", 1001, false],
    ["the first one of two users", 1003, false],
    ["one that another user starts with", 100, false],
    ["this user's and root's", 2000, true],
    ["one that these files name nobody in: a directory server may", 2001, false],
    ["one that they name only root in: macOS's staff", 2002, false],
    ["root's, whose members are root anyway", 0, true],
    ["one that the system's files do not know", 4711, false],
  ])("tells whether a group holds no other person: %s", (_what, gid, own) => {
    expect(isOwnGroup(gid, ann, read)).toBe(own);
  });

  it.each([
    ["another person is in it", "root:x:0:bob\n", passwd, false],
    ["another person starts with it", "root:x:0:\n", `${passwd}fay:x:1005:0::/:/bin/sh\n`, false],
    ["this user is in it, as in a container of OpenShift", "root:x:0:ann\n", passwd, true],
    ["accounts of the system start with it", "root:x:0:\n", `${passwd}halt:x:7:0:halt:/sbin:/sbin/halt\n`, true],
    ["there are no such files", undefined, undefined, true],
  ])("tells whether root's group holds no other person: %s", (_what, groups, users, own) => {
    expect(isOwnGroup(0, ann, (path) => (path === "/etc/passwd" ? users : groups))).toBe(own);
  });

  it("is false where the system's files cannot be read", () => {
    expect(isOwnGroup(1000, ann, () => undefined)).toBe(false);
  });
});
