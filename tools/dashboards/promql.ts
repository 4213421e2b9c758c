/** What a query reads: a metric, and the labels that are asked of it. */
export interface Read {
  readonly metric: string;
  readonly labels: readonly string[];
}

export interface Reads {
  readonly metrics: readonly Read[];
  /** Labels of `by`, `on` and their like, which may be those of any metric of the query. */
  readonly grouping: readonly string[];
}

const TEXTS = /"(?:[^"\\]|\\.)*"/g;
const WINDOWS = /\[[^\]]*\]/g;
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
/** A name that is no part of a number or of another name, and what follows it. */
const NAME = /(?<![\w:.])([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?/g;
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset']);

/** Reads the names out of a PromQL query, which it takes for sound: promtool and Prometheus judge the grammar. */
export function readsOf(query: string): Reads {
  const bare = query.replace(TEXTS, '""').replace(WINDOWS, ' ');
  const grouping = [...bare.matchAll(GROUPING)].flatMap(([, list]) => namesIn(list!));
  const metrics = [...bare.replace(GROUPING, ' ').matchAll(NAME)].flatMap(([, metric, after = '']) =>
    after === '(' || WORDS.has(metric!) ? [] : [{ metric: metric!, labels: namesIn(after.replace(/[=!~]+""/g, '')) }],
  );
  return { metrics, grouping };
}

function namesIn(list: string): string[] {
  return list.split(/[\s,{}]+/).filter((name) => name !== '');
}
