import type { Listen, Peer } from "@tegata/core";
import { systemOfLibrary } from "@tegata/engine";

/** The real servers of this process, whose requests come from somebody who is given. */
export function listenTo(peer: () => Peer): Listen {
  const { listen } = systemOfLibrary();
  return (serve, options) => listen((request) => serve({ ...request, peer: () => Promise.resolve(peer()) }), options);
}
