import { Buffer } from 'node:buffer';
import type { Encoding } from '@attune/core';
import { codePoints, isSingleByte } from '../text/single-byte.js';
import { QUOTE } from './bytes.js';
import { OTHER_COLUMN, pathName, pathSteps, type PathStep } from './path.js';

/** Siblings that are looked at before a key is looked up by its hash: a few optional members are mostly missing in between. */
const NEAR = 4;

interface Node {
  readonly steps: readonly PathStep[];
  column: number;
  readonly keys: number[];
  readonly elements: number[];
}

/**
 * The paths of the columns as a tree of keys, compiled to flat arrays. Node 0 is the record. A key is found by comparing it with the one
 * that followed last time, then with the next ones in the order of the columns, and only then by a hash of its bytes.
 */
export class KeyTrie {
  /** Column of a node, -1 where it has none. */
  readonly column: Int32Array;
  /** Whether the node has members that are known. */
  readonly hasKeys: Uint8Array;
  /** Name of the path of every node. */
  readonly names: readonly string[];
  /** The column for members that no other has, -1 where there is none. */
  readonly otherColumn: number;
  /** Which key is expected: first of all in the object of node n at `n`, behind the member of node m at `nodes + m`. */
  private readonly expected: Int32Array;
  private readonly nextKey: Int32Array;
  private readonly keyStart: Int32Array;
  private readonly keyLength: Int32Array;
  private readonly keys: Uint8Array;
  private readonly parent: Int32Array;
  private readonly firstElement: Int32Array;
  private readonly elementCount: Int32Array;
  private readonly elements: Int32Array;
  private readonly buckets: Int32Array;
  private readonly bySteps = new Map<string, number>();
  readonly nodes: number;

  constructor(columns: readonly string[], encoding: Encoding) {
    const others = columns.length > 0 && columns.at(-1) === OTHER_COLUMN;
    this.otherColumn = others ? columns.length - 1 : -1;
    const nodes = this.plant(others ? columns.slice(0, -1) : columns);
    const n = nodes.length;
    this.nodes = n;
    this.names = nodes.map(({ steps }) => pathName(steps));
    this.column = Int32Array.from(nodes, ({ column }) => column);
    this.hasKeys = Uint8Array.from(nodes, ({ keys }) => (keys.length > 0 ? 1 : 0));
    const keys = nodes.map(({ steps }) => (typeof steps.at(-1) === 'string' ? keyBytes(steps.at(-1) as string, encoding) : undefined));
    this.keys = Buffer.concat(keys.map((key) => key ?? Buffer.alloc(0)));
    this.keyLength = Int32Array.from(keys, (key) => key?.length ?? -1);
    this.keyStart = new Int32Array(n);
    for (let i = 1; i < n; i++) this.keyStart[i] = this.keyStart[i - 1]! + Math.max(0, this.keyLength[i - 1]!);
    this.parent = new Int32Array(n).fill(-1);
    this.nextKey = new Int32Array(n).fill(-1);
    this.expected = new Int32Array(2 * n).fill(-1);
    this.firstElement = new Int32Array(n);
    this.elementCount = Int32Array.from(nodes, ({ elements }) => elements.length);
    this.elements = Int32Array.from(nodes.flatMap(({ elements }) => Array.from(elements, (one) => one ?? -1)));
    for (let i = 1; i < n; i++) this.firstElement[i] = this.firstElement[i - 1]! + this.elementCount[i - 1]!;
    nodes.forEach((node, i) => this.link(node.keys, i, n));
    this.buckets = new Int32Array(2 ** Math.ceil(Math.log2(2 * n + 2))).fill(-1);
    for (let i = 1; i < n; i++) if (this.keyLength[i]! >= 0) this.enter(i);
  }

  private plant(columns: readonly string[]): Node[] {
    const nodes: Node[] = [{ steps: [], column: -1, keys: [], elements: [] }];
    columns.forEach((name, column) => {
      let at = 0;
      const steps = pathSteps(name);
      steps.forEach((step, i) => (at = this.child(nodes, at, step, steps.slice(0, i + 1))));
      nodes[at]!.column = column;
    });
    return nodes;
  }

  private child(nodes: Node[], at: number, step: PathStep, steps: readonly PathStep[]): number {
    const { keys, elements } = nodes[at]!;
    const known = typeof step === 'number' ? elements[step] : this.bySteps.get(`${at} ${step}`);
    if (known !== undefined) return known;
    const node = nodes.push({ steps, column: -1, keys: [], elements: [] }) - 1;
    if (typeof step === 'number') {
      elements[step] = node;
    } else {
      keys.push(node);
      this.bySteps.set(`${at} ${step}`, node);
    }
    return node;
  }

  private link(keys: readonly number[], node: number, n: number): void {
    this.expected[node] = keys[0] ?? -1;
    keys.forEach((key, i) => {
      this.parent[key] = node;
      this.nextKey[key] = keys[i + 1] ?? -1;
      this.expected[n + key] = keys[i + 1] ?? -1;
    });
  }

  private enter(node: number): void {
    const start = this.keyStart[node]!;
    let at = this.bucket(this.keys, start, start + this.keyLength[node]!, this.parent[node]!);
    while (this.buckets[at]! >= 0) at = (at + 1) & (this.buckets.length - 1);
    this.buckets[at] = node;
  }

  private bucket(bytes: Uint8Array, from: number, to: number, parent: number): number {
    let hash = Math.imul(parent + 1, 0x9e3779b1);
    for (let p = from; p < to; p++) hash = Math.imul(hash ^ bytes[p]!, 0x85ebca6b) ^ (hash >>> 15);
    return (hash ^ (hash >>> 13)) & (this.buckets.length - 1);
  }

  /**
   * The member whose key begins at `p`, where it is the expected one or one of the next; -1 says nothing. `slot`: 0 or more: the node whose
   * object begins; below: the member -1-slot came before.
   */
  near(buf: Uint8Array, p: number, to: number, slot: number): number {
    let node = this.expected[slot]!;
    for (let tries = NEAR; node >= 0 && tries > 0; tries--) {
      if (this.isKey(buf, p, to, node)) return node;
      node = this.nextKey[node]!;
    }
    return -1;
  }

  private isKey(buf: Uint8Array, p: number, to: number, node: number): boolean {
    const length = this.keyLength[node]!;
    if (length < 0 || p + length >= to || buf[p + length] !== QUOTE) return false;
    const { keys } = this;
    for (let i = this.keyStart[node]!, end = i + length; i < end; i++, p++) if (buf[p] !== keys[i]) return false;
    return true;
  }

  /** Bytes of the key of a node. */
  lengthOf(node: number): number {
    return this.keyLength[node]!;
  }

  /** The member of `parent` whose key is `buf[from, to)` without escapes, or -1; from now on it is expected in this place. */
  find(buf: Uint8Array, from: number, to: number, parent: number, slot: number): number {
    for (let at = this.bucket(buf, from, to, parent); this.buckets[at]! >= 0; at = (at + 1) & (this.buckets.length - 1)) {
      const node = this.buckets[at]!;
      if (this.parent[node] === parent && this.keyLength[node] === to - from && this.isKey(buf, from, to + 1, node)) {
        this.expected[slot] = node;
        return node;
      }
    }
    return -1;
  }

  /** The same for a key that was written with escapes. */
  findText(key: string, parent: number): number {
    return this.bySteps.get(`${parent} ${key}`) ?? -1;
  }

  /** The node of an element, or -1. */
  element(node: number, index: number): number {
    return index < this.elementCount[node]! ? this.elements[this.firstElement[node]! + index]! : -1;
  }
}

/** A key as the text holds it; undefined where the encoding has no such characters, or where it can only be written with escapes. */
function keyBytes(key: string, encoding: Encoding): Uint8Array | undefined {
  if (/["\\\u0000-\u001f]/.test(key)) return undefined;
  if (!isSingleByte(encoding)) return Buffer.from(key);
  const points = codePoints(encoding);
  const bytes = Array.from(key, (character) => points.indexOf(character.codePointAt(0)!));
  return bytes.includes(-1) ? undefined : Uint8Array.from(bytes);
}
