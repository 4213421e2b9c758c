import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { InputFile, ScratchFile, type FileMark } from './scratch-file.js';

/** The files that a full pass appends to. */
export const PASS_FILES = {
  part: 'silver.part.csv',
  findings: 'findings.ndjson',
  quarantine: 'quarantine.ndjson',
  duplicates: 'duplicates.ndjson',
  entered: 'entered.slots',
  late: 'late.rows',
} as const;

export type PassFile = keyof typeof PASS_FILES;
export type Marks = Readonly<Record<PassFile, FileMark>>;

const NAMES = Object.keys(PASS_FILES) as PassFile[];
const BLOCK = 1 << 20;

/** What a full pass writes: files of its attempt that only ever grow, so that what they held at one time can be found again. */
export class PassFiles {
  readonly #scratch: string;
  readonly #files: Readonly<Record<PassFile, ScratchFile>>;

  constructor(scratch: string) {
    this.#scratch = scratch;
    this.#files = Object.fromEntries(
      NAMES.map((name) => [name, new ScratchFile(join(scratch, PASS_FILES[name]), { checked: true })]),
    ) as Record<PassFile, ScratchFile>;
  }

  of(name: PassFile): ScratchFile {
    return this.#files[name];
  }

  /** What the files hold now; everything that was gathered is written out. */
  marks(): Marks {
    return Object.fromEntries(NAMES.map((name) => [name, this.#files[name].mark()])) as Record<PassFile, FileMark>;
  }

  /**
   * Takes over what files of another attempt held when they were marked. Copies, because whoever wrote them may still append to them.
   * False, and nothing is taken over, where any of them no longer holds it.
   */
  async copy(earlier: string, marks: Marks): Promise<boolean> {
    const from: InputFile[] = [];
    try {
      for (const name of NAMES) from.push(new InputFile(join(earlier, PASS_FILES[name])));
      for (const [i, name] of NAMES.entries()) {
        const file = this.#files[name];
        const { bytes, crc } = marks[name];
        for (const block of from[i]!.chunks(0, bytes, BLOCK)) {
          file.write(block);
          await setImmediate(); // lets a lost parent in
        }
        const copied = file.mark();
        if (copied.bytes !== bytes || copied.crc !== crc) return this.#forget();
      }
      return true;
    } catch {
      return this.#forget();
    } finally {
      for (const file of from) file.close();
    }
  }

  /** What a file holds so far, in blocks of whole MiB but for the last one. */
  *blocks(name: PassFile): Generator<Uint8Array> {
    this.#files[name].flush();
    const file = new InputFile(join(this.#scratch, PASS_FILES[name]));
    try {
      yield* file.chunks(0, file.size, BLOCK);
    } finally {
      file.close();
    }
  }

  close(): void {
    for (const file of Object.values(this.#files)) file.close();
  }

  #forget(): false {
    for (const file of Object.values(this.#files)) file.clear();
    return false;
  }
}
