import { open, rename, rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { type Chunk, Generation, generators, SAMPLE_FORMATS } from '@attune/synth';
import { oneOf, onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command, type Io } from '../command.js';

const NAMES = generators.map(({ name }) => name);
const OPTIONS = {
  rows: { type: 'string' },
  seed: { type: 'string', default: '1' },
  format: { type: 'string', default: 'csv' },
  out: { type: 'string' },
  truth: { type: 'string' },
  hostile: { type: 'string', default: '0' },
  duplicates: { type: 'string' },
  'no-address': { type: 'boolean', default: false },
} as const;

/** Invented data of a seed, the same bytes that the call GenerateSample answers. */
export const gen: Command = {
  name: 'gen',
  summary: 'make invented data with known faults',
  words: NAMES,
  usage: `Usage: attune gen members --rows N [--seed S] [--format csv|ndjson] [--out FILE] [--truth FILE]

Makes invented members of a health plan with the faults of real exports, on this machine and without a server.
The same seed and options give the same bytes, and fewer rows are the beginning of more.

  --rows N            how many records
  --seed S            0 to 4294967295 (default 1)
  --format csv|ndjson (default csv)
  --out FILE          where to write; stdout when absent
  --truth FILE        a JSON line for every record that is not an original: ordinal, kind, original or fault
  --hostile SHARE     share of records that are broken on purpose, 0 to 1 (default 0); needs --out, for they may be no text
  --duplicates SHARE  share of records that repeat an earlier one, 0 to 0.5 (default 0.045)
  --no-address        leave the columns of the address out`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const name = oneOf(onlyWord(positionals, 'What to make'), NAMES, 'What to make');
    const hostileShare = number(values.hostile, '--hostile');
    if (values.rows === undefined) throw new UsageError('--rows is missing.');
    if (hostileShare > 0 && values.out === undefined) throw new UsageError('--hostile needs --out.');
    const generation = new Generation(
      generators.find((known) => known.name === name)!,
      {
        records: number(values.rows, '--rows'),
        seed: number(values.seed, '--seed'),
        format: oneOf(values.format, SAMPLE_FORMATS, '--format'),
        includeAddress: !values['no-address'],
        hostileShare,
        duplicateShare: values.duplicates === undefined ? undefined : number(values.duplicates, '--duplicates'),
      },
    );
    await write(generation, values, io);
    const { records, originals, duplicates, padded, faults } = generation.counts;
    const broken = Object.values(faults).reduce((sum, count) => sum + count, 0);
    io.stderr.write(
      `${records} records: ${originals} originals, ${duplicates + padded} duplicates (${padded} padded), ${broken} hostile\n`,
    );
    return EXIT.ok;
  },
};

function number(text: string, name: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`${name} is a number.`);
  return Number(text);
}

interface Places {
  readonly out?: string | undefined;
  readonly truth?: string | undefined;
}

/** Files have their names only once they are whole. */
async function write(generation: Generation, { out, truth }: Places, io: Io): Promise<void> {
  const opened: PartialFile[] = [];
  const openAt = async (path: string | undefined): Promise<PartialFile | undefined> => {
    const file = path === undefined ? undefined : await openPartial(path);
    if (file !== undefined) opened.push(file);
    return file;
  };
  try {
    const outFile = await openAt(out);
    const truthFile = await openAt(truth);
    for (const chunk of generation) {
      io.signal.throwIfAborted();
      await (outFile === undefined ? writeText(chunk, io) : outFile.write(chunk.bytes));
      await truthFile?.write(chunk.planted.map((planted) => `${JSON.stringify(planted)}\n`).join(''));
    }
    for (const file of opened) await file.keep();
  } catch (error) {
    for (const file of opened) await file.drop();
    throw error;
  }
}

async function writeText({ bytes }: Chunk, io: Io): Promise<void> {
  io.stdout.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  await setImmediate(); // a reader that has seen enough is noticed between two chunks
}

interface PartialFile {
  readonly write: (data: string | Uint8Array) => Promise<void>;
  readonly keep: () => Promise<void>;
  readonly drop: () => Promise<void>;
}

async function openPartial(path: string): Promise<PartialFile> {
  const partial = `${path}.partial`;
  const file = await open(partial, 'w').catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be written.`, { cause });
  });
  return {
    write: (data) => file.writeFile(data),
    keep: async () => {
      await file.close();
      await rename(partial, path);
    },
    drop: async () => {
      await file.close();
      await rm(partial, { force: true });
    },
  };
}
