/** A step from a value to one inside it: the key of a member, or the 0-based index of an element. */
export type PathStep = string | number;

/** The column that holds the members of a record that no other column has. */
export const OTHER_COLUMN = '_other';

/** Keys that are written as they are; others would be read as something else, or cannot be seen. */

const PLAIN_KEY = /^[^.[\]"'\u0000-\u001f\u007f]+$/;

export const isPlainKey = (key: string): boolean => PLAIN_KEY.test(key);

/** The name of a column: `name[0].family`; a key that holds anything of `.[]"'` or a control character is written `["a.b"]`. */
export function pathName(steps: readonly PathStep[]): string {
  return steps.reduce<string>((name, step) => stepName(name, step), '');
}

/** The name of the path that goes on from the one named `name` by one step; an empty name is the record itself. */
export function stepName(name: string, step: PathStep): string {
  if (typeof step === 'number') return `${name}[${step}]`;
  if (!isPlainKey(step) || (name === '' && step === OTHER_COLUMN)) return `${name}[${JSON.stringify(step)}]`;
  return name === '' ? step : `${name}.${step}`;
}

const STEP = /\.?([^.[\]"'\u0000-\u001f\u007f]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** The steps of a name that `pathName` has made; throws for any other text. */
export function pathSteps(name: string): PathStep[] {
  const steps: PathStep[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < name.length) {
    const match = STEP.exec(name);
    if (match === null) throw new Error('The name of a column is no path.');
    const [, plain, index, quoted] = match;
    steps.push(plain ?? (index === undefined ? (JSON.parse(quoted!) as string) : Number(index)));
  }
  return steps;
}
