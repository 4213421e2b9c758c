/** In the place of a key: the value has the path of the node itself, but not the shape that its column needs. */
export const OWN_PATH = 0x7fff_ffff;

/** A number of these per member, in this order. */
const CELL = 0;
const NODE = 1;
const KEY = 2;
const KEY_END = 3;
const START = 4;
const END = 5;
const SIZE = 6;

/** Members of the records of a batch that no column has, in the order of the text, as offsets into the bytes that are read. */
export class MemberList {
  count = 0;
  private cells = new Int32Array(64 * SIZE);

  /**
   * `base`: first cell of the record. `node`: the object or array that the value stands in. `key`: the offset of the member's key; -1-index
   * for an element; OWN_PATH.
   */
  add(base: number, node: number, key: number, keyEnd: number, start: number, end: number): void {
    const at = this.count++ * SIZE;
    if (at === this.cells.length) {
      const wider = new Int32Array(this.cells.length * 2);
      wider.set(this.cells);
      this.cells = wider;
    }
    const { cells } = this;
    cells[at + CELL] = base;
    cells[at + NODE] = node;
    cells[at + KEY] = key;
    cells[at + KEY_END] = keyEnd;
    cells[at + START] = start;
    cells[at + END] = end;
  }

  baseOf = (i: number): number => this.cells[i * SIZE + CELL]!;
  nodeOf = (i: number): number => this.cells[i * SIZE + NODE]!;
  keyOf = (i: number): number => this.cells[i * SIZE + KEY]!;
  keyEndOf = (i: number): number => this.cells[i * SIZE + KEY_END]!;
  startOf = (i: number): number => this.cells[i * SIZE + START]!;
  endOf = (i: number): number => this.cells[i * SIZE + END]!;
}
