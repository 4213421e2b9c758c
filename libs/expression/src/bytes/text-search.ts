/** Finds texts in texts in time that grows with both lengths together (Knuth, Morris, Pratt), whatever the texts are. */
export class TextSearch {
  #borders = new Int32Array(64);

  /** Where the wanted text, which is not empty, begins in `buf[start, end)`, or -1. */
  find(buf: Uint8Array, start: number, end: number, wanted: Uint8Array, wantedStart: number, wantedEnd: number): number {
    const size = wantedEnd - wantedStart;
    if (end - start < size) return -1;
    this.prepare(wanted, wantedStart, wantedEnd);
    return this.next(buf, start, end, wanted, wantedStart, wantedEnd);
  }

  /** Learns the wanted text, for `next`. */
  prepare(wanted: Uint8Array, wantedStart: number, wantedEnd: number): void {
    const size = wantedEnd - wantedStart;
    if (this.#borders.length < size) this.#borders = new Int32Array(2 * size);
    const borders = this.#borders;
    borders[0] = 0;
    for (let i = 1, border = 0; i < size; i++) {
      const byte = wanted[wantedStart + i]!;
      while (border > 0 && byte !== wanted[wantedStart + border]!) border = borders[border - 1]!;
      if (byte === wanted[wantedStart + border]!) border++;
      borders[i] = border;
    }
  }

  /** As `find`, for the text that was prepared last. */
  next(buf: Uint8Array, start: number, end: number, wanted: Uint8Array, wantedStart: number, wantedEnd: number): number {
    const size = wantedEnd - wantedStart;
    const borders = this.#borders;
    for (let i = start, matched = 0; i < end; i++) {
      const byte = buf[i]!;
      while (matched > 0 && byte !== wanted[wantedStart + matched]!) matched = borders[matched - 1]!;
      if (byte === wanted[wantedStart + matched]!) matched++;
      if (matched === size) return i - size + 1;
    }
    return -1;
  }
}
