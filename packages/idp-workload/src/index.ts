export { idpWorkload, workloadPlatforms } from "./workload.ts";
