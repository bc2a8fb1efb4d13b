import { thisProcess } from "../../cli/src/this-process.ts";
import { runPostStep } from "./run-post-step.ts";

await runPostStep(thisProcess());
