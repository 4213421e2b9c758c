/** The option of commands that can answer with what the server said. */
export const JSON_OPTION = { json: { type: 'boolean', default: false } } as const;

/** A value as people and programs read it. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
