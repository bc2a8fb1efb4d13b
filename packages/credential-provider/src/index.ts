export { fromTegata, type FromTegataOptions, type TegataCredentialIdentity } from "./from-tegata.ts";
