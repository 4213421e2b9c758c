import type { JobStatusBody } from '@attune/api';
import type { Output } from './command.js';

const counted = new Intl.NumberFormat('en-US');

/** A number for people: 1,234,567. */
export function count(value: number): string {
  return counted.format(value);
}

/** Shows how a job goes on: one line written over on a terminal, one line per change of stage elsewhere. */
export class ProgressLine {
  readonly #out: Output;
  #shown = '';

  constructor(out: Output) {
    this.#out = out;
  }

  show(status: JobStatusBody): void {
    const line = lineOf(status);
    if (this.#out.isTTY === true) {
      if (line !== this.#shown) this.#out.write(`\r\u001b[K${line}`);
      this.#shown = line;
      return;
    }
    const change = `${status.status} ${status.stage ?? ''}`;
    if (change !== this.#shown) this.#out.write(`${line}\n`);
    this.#shown = change;
  }

  /** Clears the line, so that what is written next starts at the margin. */
  end(): void {
    if (this.#out.isTTY === true && this.#shown !== '') this.#out.write('\r\u001b[K');
  }
}

function lineOf({ status, stage, progress, metrics, cancel_requested }: JobStatusBody): string {
  const parts = [cancel_requested ? 'cancelling' : status];
  if (stage !== null) parts.push(stage);
  parts.push(`${Math.floor(progress)} %`);
  if (metrics.total_records !== null) parts.push(`${count(metrics.records_processed)} of ${count(metrics.total_records)} records`);
  else if (metrics.records_processed > 0) parts.push(`${count(metrics.records_processed)} records`);
  return parts.join('  ');
}
