import { OTHER_COLUMN, stepName } from './path.js';

/** A path that records have, in the order in which it was first seen. */
interface Path {
  /** Number of its first appearance. */
  readonly order: number;
  readonly name: string;
  /** Some record has a text, a number or a truth value there. */
  scalar: boolean;
  readonly inner: Map<string | number, Path>;
}

/** Collects the paths at which records hold values. A path that holds nothing but null, `{}` and `[]` counts where nothing lies within it. */
export class LeafPaths {
  private count = 0;
  private readonly root: Path = { order: 0, name: '', scalar: false, inner: new Map() };

  /** `most`: paths that are looked at; later ones are left out. */
  constructor(private readonly most: number) {}

  add(record: ReadonlyMap<string, JsonValue>): void {
    this.walk(this.root, record);
  }

  /** Names of the columns, and whether there are more paths than columns. */
  columns(limit: number): { names: string[]; more: boolean } {
    const leaves: Path[] = [];
    const collect = (path: Path): void => {
      if (path !== this.root && (path.scalar || path.inner.size === 0)) leaves.push(path);
      for (const inner of path.inner.values()) collect(inner);
    };
    collect(this.root);
    leaves.sort((a, b) => a.order - b.order);
    const names = leaves.slice(0, limit - 1).map(({ name }) => name);
    return { names: [...names, OTHER_COLUMN], more: leaves.length >= limit || this.count >= this.most };
  }

  private walk(path: Path, value: JsonValue): void {
    if (isMap(value)) for (const [key, member] of value) this.step(path, key, member);
    else if (isArray(value)) value.forEach((element, index) => this.step(path, index, element));
    else if (value !== null) path.scalar = true;
  }

  private step(path: Path, step: string | number, value: JsonValue): void {
    let inner = path.inner.get(step);
    if (inner === undefined) {
      if (this.count >= this.most) return;
      inner = { order: ++this.count, name: stepName(path.name, step), scalar: false, inner: new Map() };
      path.inner.set(step, inner);
    }
    this.walk(inner, value);
  }
}

/** A value with the members of its objects in the order in which they were written; a scalar stands for itself as `true`. */
export type JsonValue = null | true | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

const isMap = (value: JsonValue): value is ReadonlyMap<string, JsonValue> => value instanceof Map;
const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/** The value in a text that is sound. */
export function parseShape(text: string): JsonValue {
  let p = 0;
  const space = (): void => {
    while (p < text.length && ' \t\r\n'.includes(text[p]!)) p++;
  };
  const string = (): string => {
    const start = p++;
    while (text[p] !== '"') p += text[p] === '\\' ? 2 : 1;
    return JSON.parse(text.slice(start, ++p)) as string;
  };
  const items = (close: string, item: () => void): void => {
    for (p++, space(); text[p] !== close; space()) {
      if (text[p] === ',') p++;
      space();
      item();
    }
    p++;
  };
  const value = (): JsonValue => {
    space();
    if (text[p] === '"') {
      string();
      return true;
    }
    if (text[p] === '[') {
      const elements: JsonValue[] = [];
      items(']', () => elements.push(value()));
      return elements;
    }
    if (text[p] === '{') {
      const members = new Map<string, JsonValue>();
      items('}', () => {
        const key = string();
        space();
        p++;
        members.set(key, value());
      });
      return members;
    }
    const word = /[^\s,\]}]*/y;
    word.lastIndex = p;
    const scalar = word.exec(text)![0];
    p += scalar.length;
    return scalar === 'null' ? null : true;
  };
  return value();
}
