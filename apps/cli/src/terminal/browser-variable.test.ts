import { expect, it } from "vitest";
import { browserCommands, type BrowserVariableOptions } from "./browser-variable.ts";

const url = "https://idp.example/device?code=%s%25&x=$(id)";
const files = new Set(["/opt/My Browser/b", "/opt/100%s/b", "C:\\Program Files\\b.exe"]);
const read = (value: string, platform: BrowserVariableOptions["platform"] = "linux") =>
  browserCommands(value, url, { platform, isFile: (path) => files.has(path) }).map(({ program, args }) => [
    program,
    ...args.map((arg) => arg.replaceAll(url, "URL")),
  ]);

it.each<[value: string, ...commands: string[][]]>([
  ["firefox", ["firefox", "URL"]],
  ["  firefox  --new\t--x ", ["firefox", "--new", "--x", "URL"]],
  ["'/opt/my browser/b' \"a b\"", ["/opt/my browser/b", "a b", "URL"]],
  ["/opt/my\\ browser/b", ["/opt/my browser/b", "URL"]],
  ["/opt/My Browser/b", ["/opt/My Browser/b", "URL"]],
  ["/opt/100%s/b", ["/opt/100%s/b", "URL"]],
  ["b --url=%s --last", ["b", "--url=URL", "--last"]],
  ["b \"%s\" '%s'", ["b", "URL", "URL"]],
  ["b %%s %c %% %x", ["b", "%s", ":", "%", "%x", "URL"]],
  ["/with%ccolon/b", ["/with:colon/b", "URL"]],
  ['"/with:colon/b"', ["/with:colon/b", "URL"]],
  ["/with\\:colon/b", ["/with:colon/b", "URL"]],
  ["b %s &", ["b", "URL"]],
  ["b $(touch x) `touch x`;touch", ["b", "$(touch", "x)", "`touch", "x`;touch", "URL"]],
  ["%s", ["%s", "URL"]],
  ["a %s:'b c':d", ["a", "URL"], ["b c", "URL"], ["d", "URL"]],
  [":: :a:", ["a", "URL"]],
  ["&"],
])("BROWSER=%s is read into its commands", (value, ...commands) => {
  expect(read(value)).toEqual(commands);
});

it("BROWSER is separated by semicolons on Windows, where a backslash is part of a path", () => {
  expect(read('C:\\Program Files\\b.exe;"C:\\x y\\b.exe" --new;firefox', "win32")).toEqual([
    ["C:\\Program Files\\b.exe", "URL"],
    ["C:\\x y\\b.exe", "--new", "URL"],
    ["firefox", "URL"],
  ]);
});

it.each(["'b", 'b "%s', "b\\", "a:'b:c"])(
  "BROWSER=%s is refused: it ends within quotes or behind a backslash",
  (value) => {
    expect(() => read(value)).toThrow("BROWSER ends within quotes or behind a backslash");
  },
);

it.each<[name: string, isTextBrowser: boolean]>([
  ["lynx", true],
  ["/usr/bin/w3m -o x=y", true],
  ["www-browser", true],
  ["x-www-browser", false],
  ["firefox", false],
])("BROWSER=%s needs the terminal: %s", (value, isTextBrowser) => {
  expect(browserCommands(value, url, { platform: "linux", isFile: () => false })).toMatchObject([{ isTextBrowser }]);
});
