import type { ByteAccount, RejectedRecord } from './account.js';
import type { Batch } from './batch.js';
import type { RecordReader } from './record-reader.js';
import { MOST_GROWTH, Utf16Decoder } from './utf16.js';

/** Reads UTF-16: decodes every byte once into a text of its own and has that read; offsets and lengths stay those of the source. */
export class Utf16Reader implements RecordReader {
  readonly batch: Batch;
  readonly rejected: readonly RejectedRecord[];
  readonly account: ByteAccount;

  private readonly decoder: Utf16Decoder;
  private text = new Uint8Array(1 << 12);
  /** What of the text is not consumed yet. */
  private start = 0;
  private end = 0;
  /** Bytes of the source that are decoded and not consumed. */
  private held = 0;

  /** `reader` counts in the bytes of UTF-16. */
  constructor(
    private readonly reader: RecordReader,
    encoding: 'utf-16le' | 'utf-16be',
  ) {
    this.batch = reader.batch;
    this.rejected = reader.rejected;
    this.account = reader.account;
    this.decoder = new Utf16Decoder(encoding);
  }

  get offset(): number {
    return this.reader.offset;
  }

  get midway(): boolean {
    return this.reader.midway;
  }

  get line(): number {
    return this.reader.line;
  }

  read(buf: Uint8Array, from: number, to: number, last: boolean): number {
    const fresh = from + this.held;
    if (fresh < to) {
      this.makeRoom((to - fresh) * MOST_GROWTH + 1);
      this.held = this.decoder.decode(buf, fresh, to, last, this.text, this.end) - from;
      this.end = this.decoder.written;
    }
    const before = this.reader.offset;
    this.start += this.reader.read(this.text, this.start, this.end, last);
    const consumed = this.reader.offset - before;
    this.held -= consumed;
    return consumed;
  }

  private makeRoom(bytes: number): void {
    const held = this.end - this.start;
    if (this.end + bytes <= this.text.length) return;
    if (held + bytes <= this.text.length) {
      this.text.copyWithin(0, this.start, this.end);
    } else {
      const larger = new Uint8Array(Math.ceil(held + bytes + (held >> 1)));
      larger.set(this.text.subarray(this.start, this.end));
      this.text = larger;
    }
    this.start = 0;
    this.end = held;
  }
}
