export { fakeClock, type FakeClock } from "./fake-clock.ts";
export { fakePorts, type FakePorts } from "./fake-ports.ts";
export { formatContract, sampleCredentials, type FormatUnderTest } from "./format-contract.ts";
export { idpContract, type IdpUnderTest } from "./idp-contract.ts";
export { expectGoodWords, expectNoSecret, failure } from "./matchers.ts";
