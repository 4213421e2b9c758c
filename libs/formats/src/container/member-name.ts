import { Buffer } from 'node:buffer';

const MOST_CHARACTERS = 255;

/** C0 and C1 controls, and the marks that turn the direction of writing: they make a name look like another one. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * The name of a container's member as data to be shown: without control characters, well-formed Unicode, at most 255 characters.
 * It is never a path, so dots and slashes stay as they are.
 */
export function memberName(received: string): string {
  const visible = Buffer.from(received.replaceAll(INVISIBLE, ''), 'utf8').toString('utf8');
  return [...visible.slice(0, 2 * MOST_CHARACTERS)].slice(0, MOST_CHARACTERS).join('');
}
