export { fakeClock, type FakeClock } from "./fake-clock.ts";
export { fakeDocuments, type FakeDocuments } from "./fake-documents.ts";
export { fakePorts, type FakePorts } from "./fake-ports.ts";
export { heldClock, type HeldClock } from "./held-clock.ts";
export { sampleCredentials } from "./format-checks.ts";
export { formatContract, type FormatUnderTest } from "./format-contract.ts";
export { idpContract, type IdpUnderTest } from "./idp-contract.ts";
export { expectGoodWords, expectNoSecret, failure } from "./matchers.ts";
