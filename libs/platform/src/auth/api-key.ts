import { createHmac, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'att_live_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 30;
const CHECK_LENGTH = 6;
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_LENGTH + CHECK_LENGTH}}$`);

/** `att_live_` + 30 characters of base 62 + 6 of their CRC-32: found by secret scanners, typos refused without a look-up. */
export function newApiKey(): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return PREFIX + secret + check(secret);
}

export function isApiKey(text: string): boolean {
  if (!SHAPE.test(text)) return false;
  const secret = text.slice(PREFIX.length, PREFIX.length + SECRET_LENGTH);
  return text.endsWith(check(secret));
}

/** The first characters after the prefix, kept to tell keys apart in lists. */
export function keyStart(key: string): string {
  return key.slice(PREFIX.length, PREFIX.length + 8);
}

/** HMAC-SHA256 under the pepper of this installation: a stolen table opens nothing. */
export function hashApiKey(key: string, pepper: string): Buffer {
  return createHmac('sha256', pepper).update(key).digest();
}

function check(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let i = 0; i < CHECK_LENGTH; i++) {
    text = ALPHABET[rest % 62]! + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
