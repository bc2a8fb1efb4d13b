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
+
`;
const read = (path: string) => (path === "/etc/passwd" ? passwd : path === "/etc/group" ? group : undefined);
const ann = { platform: "linux", uid: 1000 };

describe("a group", () => {
  it.each([
    ["the user's own", 1000, true],
    ["another user's, that this one is in", 1001, false],
    ["the first one of two users", 1003, false],
    ["one that another user starts with", 100, false],
    ["this user's and root's", 2000, true],
    ["one that nobody is in", 2001, true],
    ["root's, whose members are root anyway", 0, true],
    ["one that the system's files do not know", 4711, false],
  ])("is nobody else, or somebody: %s", (_what, gid, own) => {
    expect(isOwnGroup(gid, ann, read)).toBe(own);
  });

  it("is somebody else where the system's files cannot be read", () => {
    expect(isOwnGroup(1000, ann, () => undefined)).toBe(false);
  });
});
