import { isTegataError } from "@tegata/core";
import { describe, expect, it } from "vitest";
import { findExecutable, type ExecutableSearch } from "./find-executable.ts";

/** A system on which these paths are there, and nothing else. */
const system = (
  platform: string,
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, ReturnType<ExecutableSearch["look"]>>>,
) => {
  const search: ExecutableSearch = { platform, env, look: (path) => files[path.toString("latin1")] ?? "nothing" };
  return (name: string) => {
    try {
      return findExecutable(Buffer.from(name, "latin1"), search).toString("latin1");
    } catch (error) {
      return isTegataError(error) ? `${error.code}: ${error.message}; ${error.hint}` : error;
    }
  };
};

describe("on POSIX", () => {
  const find = system(
    "linux",
    { PATH: "/a:/b/::/c" },
    {
      "/a/tool": "other",
      "/b/tool": "program",
      "./tool": "program",
      here: "program",
      "/a/dir": "folder",
      "/c/dir": "program",
    },
  );

  it("a file that may not be executed does not hide a program further down PATH", () => {
    expect(find("tool")).toBe("/b/tool");
    expect(find("dir")).toBe("/c/dir");
  });

  it("an empty folder of PATH is the current one, and PATH has no say where there is a slash", () => {
    expect(find("here")).toBe("here");
    expect(find("./tool")).toBe("./tool");
    expect(find("./here")).toMatch(/^exec_not_found: there is no file \.\/here; /);
  });

  it("a name in another encoding is found as it is", () => {
    const latin = system("linux", { PATH: "/a" }, { "/a/caf\xe9": "program" });
    expect(latin("caf\xe9")).toBe("/a/caf\xe9");
  });

  it("a program in /usr/bin is found without PATH, as by execvp", () => {
    expect(system("linux", {}, { "/usr/bin/true": "program" })("true")).toBe("/usr/bin/true");
  });

  it("the error tells what is not there from what may not be run", () => {
    expect(find("nosuch")).toBe(
      'exec_not_found: there is no command "nosuch" on PATH; check its spelling, or name the command by its path',
    );
    expect(find("")).toMatch(/^exec_not_found: there is no command "" on PATH/);
    const one = system("linux", { PATH: "/a" }, { "/a/tool": "other", "/a/dir": "folder" });
    expect(one("tool")).toBe("exec_not_executable: /a/tool is not executable; chmod +x /a/tool");
    expect(one("/a/dir")).toBe("exec_not_executable: /a/dir is a folder; name a program in it");
  });
});

describe("on Windows", () => {
  const find = system(
    "win32",
    { Path: "C:\\tools;C:\\node", PATHEXT: ".EXE;.CMD" },
    {
      "C:\\tools\\git.EXE": "program",
      "git.EXE": "program",
      "C:\\node\\npm.CMD": "program",
      "C:\\node\\node.exe": "program",
      "D:\\x\\run.bat": "program",
    },
  );

  it("a program is found by Path and PATHEXT, and not in the current folder", () => {
    expect(find("git")).toBe("C:\\tools\\git.EXE");
    expect(find("node.exe")).toBe("C:\\node\\node.exe");
    expect(find("nosuch")).toMatch(/^exec_not_found: there is no command "nosuch" on PATH/);
  });

  it("a batch file is refused, as cmd.exe would run its arguments", () => {
    expect(find("npm")).toMatch(/^exec_not_executable: C:\\node\\npm\.CMD is a batch file.*cmd \/c npm$/);
    const bat = system("win32", { Path: "" }, { "D:\\x\\run.BAT": "program" });
    expect(bat("D:\\x\\run")).toMatch(/^exec_not_executable: D:\\x\\run\.BAT is a batch file/);
  });
});
