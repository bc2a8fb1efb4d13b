/** The name of the program that comes with this package. Another composition goes by its own. */
export const ownName = "tegata";

/** A name that shells can run and complete as it is. */
export const programNamePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Words of the program, with the name that it goes by: whoever composed `acme` reads `acme login` where the source, that of
 * core and of plugins included, says `tegata login`. Not within quotes, paths, `tegata.toml` and the like.
 */
export function inOwnName(words: string, name: string): string {
  return name === ownName ? words : words.replaceAll(/(?<![\w./"'-])tegata(?![\w./"'-])/g, name);
}
