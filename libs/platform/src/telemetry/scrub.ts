/** Texts that look like what identifies a person: the last net under logs and spans, where nothing of the kind should ever be. */
const DETECTORS: readonly RegExp[] = [
  /\b\d{3}-\d{2}-\d{4}\b/g, // social security number
  /\b(?!0{3})\d{9,10}\b(?![-:.\d])/g, // the same without hyphens, NPI, telephone
  /\b[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}\b/g, // Medicare beneficiary identifier (CMS)
  /[\w.+-]+@[\w-]+\.[A-Za-z]{2,}/g, // e-mail
  /(?:\+?1[ .-]?)?\(?\b[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}\b/g, // telephone with separators
  /\b(?:0?[1-9]|1[0-2])\/(?:0?[1-9]|[12]\d|3[01])\/(?:19|20)\d{2}\b/g, // date as it is written in the United States
  /\b(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b(?!T)/g, // date without a time
  /\bMRN[-:# ]*\w+/gi, // medical record number
];

/** The text with everything struck out that looks like a person's number, address or birth date. */
export function scrub(text: string): string {
  return DETECTORS.reduce((clean, detector) => clean.replace(detector, '[struck out]'), text);
}
