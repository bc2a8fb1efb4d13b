/** The name of the program that comes with this package. Another composition goes by its own. */
export const ownName = "tegata";

/** A name that shells can run and complete as it is. */
export const programNamePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
