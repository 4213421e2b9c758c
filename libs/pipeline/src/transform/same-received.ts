import type { ReadReceived } from './ports.js';
import { receivedBytes } from './received-value.js';

/** Whether two records are the same as received but for their line ends; of each `_record, _byte_offset` are given, and the length of the first. */
export function sameReceived(readInput: ReadReceived, own: Float64Array, ownLength: number, other: Float64Array): boolean {
  const received = receivedBytes(readInput, own[1]!, ownLength, own[0]);
  const otherReceived = receivedBytes(readInput, other[1]!, received.length, other[0]);
  return received.length === otherReceived.length && received.every((byte, i) => byte === otherReceived[i]);
}
