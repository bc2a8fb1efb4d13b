import { runStep } from "./run-step.ts";
import { thisRunner } from "./runner.ts";

process.exitCode = await runStep(thisRunner());
