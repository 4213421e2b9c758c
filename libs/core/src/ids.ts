/** Prefixes of ids on the wire; the database holds the bare UUIDv7. */
export type IdPrefix = 'job' | 'ds' | 'art' | 'map' | 'rul' | 'upl' | 'wh' | 'msg' | 'sch';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** `job_0197…` for the wire. */
export function prefixed(prefix: IdPrefix, uuid: string): string {
  return `${prefix}_${uuid}`;
}

/** The bare UUID of a prefixed or bare id; undefined when the text is neither. */
export function bareId(prefix: IdPrefix, id: string): string | undefined {
  const bare = id.startsWith(`${prefix}_`) ? id.slice(prefix.length + 1) : id;
  return UUID.test(bare) ? bare : undefined;
}
