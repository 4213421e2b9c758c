const ENCODER = new TextEncoder();

/** The bytes of a text of ours or of the plan; not for values on their way. */
export const utf8 = (text: string): Uint8Array => ENCODER.encode(text);
