/** Longest time that a submit waits for the end of its job. */
const LONGEST_WAIT_SECONDS = 20;

export interface Preference {
  /** Seconds to wait for the end of the job; 0: answer at once. */
  readonly waitSeconds: number;
  /** What Preference-Applied says; undefined when nothing was asked for that we know. */
  readonly applied: string | undefined;
}

/** What the header Prefer asks of a submit (RFC 7240): `wait=n`, `respond-async`, or both: then it waits first. Anything else is ignored. */
export function preferenceOf(header: string | undefined): Preference {
  const preferences = new Map<string, string>();
  for (const part of (header ?? '').split(',')) {
    const [name = '', value = ''] = part.split(';')[0]!.split('=');
    const key = name.trim().toLowerCase();
    // The first of several equal ones counts (section 2).
    if (!preferences.has(key)) preferences.set(key, value.trim().replace(/^"(.*)"$/, '$1'));
  }
  const wait = preferences.get('wait');
  if (wait !== undefined && /^\d{1,9}$/.test(wait)) {
    const waitSeconds = Math.min(LONGEST_WAIT_SECONDS, Number(wait));
    return { waitSeconds, applied: `wait=${waitSeconds}` };
  }
  return { waitSeconds: 0, applied: preferences.has('respond-async') ? 'respond-async' : undefined };
}
