/**
 * Lines `NAME=value` of a file of variables. One without a value is left out.
 *
 * @param written how a value stands there; as it is when left out. What it throws is thrown
 */
export function environmentLines(
  variables: Iterable<readonly [name: string, value: string | undefined]>,
  written: (name: string, value: string) => string = (_name, value) => value,
): string {
  return [...variables]
    .map(([name, value]) => (value === undefined ? "" : `${name}=${written(name, value)}\n`))
    .join("");
}
