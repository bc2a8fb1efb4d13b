import type Provider from "oidc-provider";
import type { Configuration } from "oidc-provider";

/** oidc-provider warns about loopback use and about runtimes that it was not tested with. */
function isProviderNotice(first: unknown): boolean {
  return typeof first === "string" && /oidc-provider (?:WARNING|NOTICE):/.test(first);
}

/* oxlint-disable no-console -- the two methods are wrapped and put back, nothing is printed here */
function muteNotices(): () => void {
  const { info, warn } = console;
  console.info = (...data: unknown[]) => {
    if (!isProviderNotice(data[0])) {
      info.apply(console, data);
    }
  };
  console.warn = (...data: unknown[]) => {
    if (!isProviderNotice(data[0])) {
      warn.apply(console, data);
    }
  };
  return () => {
    Object.assign(console, { info, warn });
  };
}
/* oxlint-enable no-console */

let loading: Promise<typeof Provider> | undefined;

async function importProvider(): Promise<typeof Provider> {
  const unmute = muteNotices();
  try {
    const module = await import("oidc-provider");
    return module.default;
  } finally {
    unmute();
  }
}

/** The `Provider` class, imported once per process without its notices on stderr. */
export function loadProvider(): Promise<typeof Provider> {
  loading ??= importProvider();
  return loading;
}

/** A provider, made without the notices about its configuration. */
export function makeProvider(Class: typeof Provider, issuer: string, configuration: Configuration): Provider {
  const unmute = muteNotices();
  try {
    return new Class(issuer, configuration);
  } finally {
    unmute();
  }
}
