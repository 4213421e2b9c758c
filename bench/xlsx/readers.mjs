// One reader in a process of its own: `node readers.mjs NAME FILE SCRATCH`. Prints {rows, cells, seconds, peak_rss_bytes} as JSON.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [name, file, scratch] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));

const READERS = {
  /** As the engine does it: the whole sheet as delimited text in scratch. Every cell is written, so that none can be left out. */
  async ours() {
    const { DecodedInput } = await import('../../libs/platform/dist/engine/container/decoded-input.js');
    return async () => {
      const input = await DecodedInput.open(file, 'xlsx', scratch, { limit: 2 * 1024 ** 3, onRead: () => {} });
      let rows = 0;
      const block = new Uint8Array(1 << 20);
      for (let at = 0; at < input.size;) {
        const read = input.read(at, block);
        for (let i = block.indexOf(10); i >= 0 && i < read; i = block.indexOf(10, i + 1)) rows++;
        at += read;
      }
      input.close();
      return rows;
    };
  },
  /** Its reader for large files, with strings and styles, each value looked at once. */
  async 'exceljs-stream'() {
    const ExcelJs = createRequire(path.join(here, '../peers/package.json'))('exceljs');
    return async () => {
      const reader = new ExcelJs.stream.xlsx.WorkbookReader(file, {
        sharedStrings: 'cache',
        styles: 'cache',
        worksheets: 'emit',
        hyperlinks: 'ignore',
        entries: 'ignore',
      });
      let rows = 0;
      let cells = 0;
      for await (const sheet of reader) {
        for await (const row of sheet) {
          rows++;
          row.eachCell((cell) => {
            if (cell.value !== null) cells++;
          });
        }
      }
      if (cells < rows) throw new Error('the peer left cells out');
      return rows;
    };
  },
};

const read = await READERS[name]();
const started = performance.now();
const rows = await read();
const seconds = (performance.now() - started) / 1000;
const peak = /VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'));
console.log(JSON.stringify({ rows, seconds, peak_rss_bytes: Number(peak[1]) * 1024 }));
