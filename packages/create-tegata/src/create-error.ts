/** Why no project was written: what is wrong, and what to do next. Lower case, no full stop, as all of tegata's words. */
export class CreateError extends Error {
  override readonly name = "CreateError";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Text from outside for a message: no control characters, and not too much of it. */
export function shown(text: string): string {
  const plain = text.replaceAll(/\p{C}/gu, "?");
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
}
