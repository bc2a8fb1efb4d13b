export { CreateError } from "./create-error.ts";
export { createProject } from "./create-project.ts";
export { kinds, programNameOf, readKind, readName, type Kind, type Project } from "./project.ts";
