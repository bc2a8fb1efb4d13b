import type { ProviderDocument, ProviderDocuments } from "@tegata/core";

/** Documents that are stored in memory, for a test to look at and to change. */
export interface FakeDocuments extends ProviderDocuments {
  /** What is stored, by URL. Tests put into it what they like. */
  readonly kept: Map<string, ProviderDocument>;
}

/** Documents that rest in memory. */
export function fakeDocuments(): FakeDocuments {
  const kept = new Map<string, ProviderDocument>();
  return {
    kept,
    load: (url) => Promise.resolve(kept.get(url)),
    save: (url, document) => {
      if (document === undefined) {
        kept.delete(url);
      } else {
        kept.set(url, document);
      }
      return Promise.resolve();
    },
  };
}
