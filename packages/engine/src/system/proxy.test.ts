import { describe, expect, it } from "vitest";
import { proxies } from "./proxy.ts";

const target = "https://login.acme.example:8443/token";
const proxy = "http://proxy.acme.example:3128";
const isUsed = (noProxy: string, url = target) => proxies({ HTTPS_PROXY: proxy, NO_PROXY: noProxy })(url) !== undefined;

describe("the proxy of a request", () => {
  it.each([
    [{ https_proxy: "http://a:1", HTTPS_PROXY: "http://b:2", ALL_PROXY: "http://c:3" }, "http://a:1"],
    [{ https_proxy: "", HTTPS_PROXY: "http://b:2", all_proxy: "http://c:3" }, "http://b:2"],
    [{ all_proxy: "http://c:3", ALL_PROXY: "http://d:4" }, "http://c:3"],
    [{ ALL_PROXY: "https://d:4" }, "https://d:4"],
    [{ HTTPS_PROXY: "b:2" }, "http://b:2"],
    [{ HTTP_PROXY: "http://b:2", http_proxy: "http://b:2" }, undefined],
    [{}, undefined],
  ])("with %j is %s", (env, shown) => {
    expect(proxies(env)(target)?.shown).toBe(shown);
  });

  it.each([
    "https://localhost/",
    "http://127.8.9.1:80/",
    "http://[::1]:9/",
    "https://app.localhost/",
    "http://169.254.169.254/",
    "http://169.254.170.23/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://metadata.google.internal/",
  ])("is none for %s", (url) => {
    expect(proxies({ HTTPS_PROXY: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy })(url)).toBeUndefined();
  });

  it.each(["https://10.0.0.1/", "https://127.0.0.1.nip.io/", "https://localhost.acme.example/", "https://[fd00::1]/"])(
    "is used for %s",
    (url) => {
      expect(proxies({ HTTPS_PROXY: proxy })(url)?.url).toBe(`${proxy}/`);
    },
  );

  it.each([
    ["http://ann:p%40ss@h:1", "http://ann:p%40ss@h:1/"],
    ["http://ann:100%@h:1", "http://ann:100%25@h:1/"],
    ["http://ann:p@ss@h:1", "http://ann:p%40ss@h:1/"],
    ["ann:pw@h:1", "http://ann:pw@h:1/"],
  ])("%s is used as %s", (value, url) => {
    expect(proxies({ HTTPS_PROXY: value })(target)).toMatchObject({ url, shown: "http://h:1", hasPassword: true });
  });

  it.each(["socks5://h:1", "ftp://h", "http://", "http://ann:s3cret@h:99999999"])(
    "is refused when it is %s, without its password in the error",
    (value) => {
      expect(() => proxies({ HTTPS_PROXY: value })(target)).toThrow(/^HTTPS_PROXY names a proxy that cannot be used: /);
      expect(() => proxies({ HTTPS_PROXY: value })(target)).not.toThrow(/s3cret/);
    },
  );
});

describe("NO_PROXY", () => {
  it.each([
    "*",
    "login.acme.example",
    "LOGIN.ACME.EXAMPLE.",
    "acme.example",
    ".acme.example",
    "*.acme.example",
    "other, acme.example",
    "other acme.example",
    "acme.example:8443",
  ])("%s names login.acme.example:8443", (list) => {
    expect(isUsed(list)).toBe(false);
  });

  it.each([
    "",
    "other",
    "cme.example",
    "x.login.acme.example",
    "acme.example:443",
    "*.example.acme",
    ",",
    ".",
    "10.0.0.0/8",
  ])("%j does not name login.acme.example:8443", (list) => {
    expect(isUsed(list)).toBe(true);
  });

  it.each([
    ["10.0.0.0/8", "https://10.1.2.3/", false],
    ["10.0.0.0/8", "https://11.1.2.3/", true],
    ["10.0.0.0/99", "https://10.1.2.3/", true],
    ["10.1.2.3", "https://10.1.2.3/", false],
    ["1.2.3", "https://10.1.2.3/", true],
    ["fd00::/8", "https://[fd12::1]/", false],
    ["fd12::1", "https://[fd12::1]/", false],
    ["[fd12::1]:443", "https://[fd12::1]/", false],
    ["[fd12::1]:8443", "https://[fd12::1]/", true],
  ])("%s, with a request to %s: the proxy is used: %s", (list, url, used) => {
    expect(isUsed(list, url)).toBe(used);
  });

  it("comes after no_proxy", () => {
    expect(proxies({ HTTPS_PROXY: proxy, no_proxy: "other", NO_PROXY: "*" })(target)).toBeDefined();
  });
});
