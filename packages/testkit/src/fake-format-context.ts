import type { FormatContext } from "@tegata/core";
import { fakeMachine } from "./fake-machine.ts";
import { fakePorts } from "./fake-ports.ts";

/** What a format is given: an empty machine, no network, the profile `dev` in `eu-central-1`. */
export function fakeFormatContext(changes: Partial<FormatContext> = {}): FormatContext {
  return {
    region: "eu-central-1",
    defaultRegion: "us-east-1",
    federationEndpoint: undefined,
    profile: "dev",
    choice: { TEGATA_PROFILE: "dev" },
    machine: fakeMachine(),
    tell: () => undefined,
    ports: fakePorts({ fetch: () => Promise.reject(new Error("this format may not use the network")) }),
    ...changes,
  };
}
