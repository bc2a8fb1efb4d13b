/**
 * The settings files, the strongest first: a person's own, the one that a team hands out, and the one of the machine's
 * administrator. What one of them says, those below it cannot change.
 */
export const layerNames = ["person", "team", "machine"] as const;

/** Whose settings file. */
export type LayerName = (typeof layerNames)[number];

/** What a layer is called in a message, before the path: `the team's settings file`. */
export function layerWords(layer: LayerName): string {
  return layer === "person" ? "the settings file" : `the ${layer}'s settings file`;
}
