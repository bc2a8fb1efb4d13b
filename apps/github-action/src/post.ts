import { runPostStep } from "./run-post-step.ts";
import { thisRunner } from "./runner.ts";

await runPostStep(thisRunner());
