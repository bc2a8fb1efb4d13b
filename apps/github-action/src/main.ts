import { thisProcess } from "../../cli/src/this-process.ts";
import { runStep } from "./run-step.ts";

process.exitCode = await runStep(thisProcess());
