import { count, markup, type Html, NOTHING, percentage, score } from './html.js';

/** One part of a whole; its kind is the name of its colour and pattern. */
export interface Part {
  readonly kind: 'out' | 'quarantined' | 'merged' | 'dropped';
  readonly label: string;
  readonly records: number;
}

const WIDTH = 1000;
/** What is there can be seen, however small its share. */
const NARROWEST = 4;

/** Hatches beside the colours, so that the parts differ without them. */
const PATTERNS = markup`<defs>
    <pattern id="hatch-quarantined" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <rect class="quarantined" width="8" height="8"/><path class="hatch" d="M0 0V8"/></pattern>
    <pattern id="hatch-merged" width="8" height="8" patternUnits="userSpaceOnUse">
    <rect class="merged" width="8" height="8"/><path class="hatch" d="M0 4H8"/></pattern>
    <pattern id="hatch-dropped" width="6" height="6" patternUnits="userSpaceOnUse">
    <rect class="dropped" width="6" height="6"/><path class="hatch" d="M3 0V6M0 3H6"/></pattern></defs>`;

const filled = (kind: Part['kind'], x: number, width: number, height: number): Html =>
  kind === 'out'
    ? markup`<rect class="out" x="${x}" y="0" width="${width}" height="${height}"/>`
    : markup`<rect fill="url(#hatch-${kind})" x="${x}" y="0" width="${width}" height="${height}"/>`;

/** A bar that is the whole, cut into its parts, and what each of them is. */
export function wholeInParts(title: string, total: number, parts: readonly Part[]): Html {
  const widths = widthsOf(parts, total);
  let x = 0;
  const cut = parts.map(({ kind }, i) => {
    const piece = widths[i]! === 0 ? NOTHING : filled(kind, x, widths[i]!, 36);
    x += widths[i]!;
    return piece;
  });
  const told = parts.map(({ label, records }) => `${label} ${count(records)}`).join(', ');
  const legend = parts.map(
    ({ kind, label, records }) =>
      markup`<li><svg width="16" height="16" aria-hidden="true">${filled(kind, 0, 16, 16)}</svg>${label}: <b>${count(records)}</b> <span class="quiet">(${percentage(records, total)})</span></li>`,
  );
  return markup`<svg class="whole" viewBox="0 0 ${WIDTH} 36" height="36" preserveAspectRatio="none" role="img" aria-labelledby="whole-title whole-desc">
    <title id="whole-title">${title}</title>
    <desc id="whole-desc">${told}.</desc>
    ${PATTERNS}
    <rect class="track" width="${WIDTH}" height="36"/>
    ${cut}</svg>
    <ul class="legend">${legend}</ul>`;
}

/** Widths that add up to the whole where the parts do; the largest gives what the smallest need to be seen. */
function widthsOf(parts: readonly Part[], total: number): readonly number[] {
  if (total === 0) return parts.map(() => 0);
  const widths = parts.map(({ records }) => (records === 0 ? 0 : Math.max(NARROWEST, Math.round((WIDTH * records) / total))));
  const widest = widths.indexOf(Math.max(...widths));
  const excess = Math.max(0, widths.reduce((sum, width) => sum + width, 0) - WIDTH);
  return widths.map((width, i) => (i === widest ? width - excess : width));
}

/** A bar of 0 to 100 within a table, whose numbers stand beside it; `before` gets a mark. */
export function shareBar(share: number, before?: number | null): Html {
  const mark =
    before === undefined || before === null
      ? NOTHING
      : markup`<rect class="before" x="${Math.min(197, placed(before))}" width="3" height="14"/>`;
  return markup`<svg viewBox="0 0 200 14" height="14" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" y="2" width="200" height="10"/>
    <rect class="fill" y="2" width="${placed(share)}" height="10"/>
    ${mark}</svg>`;
}

const placed = (share: number): number => Math.round(Math.min(100, Math.max(0, share)) * 20) / 10;

/** The overall score as a ring. */
export function scoreRing(value: number | null): Html {
  const round = 2 * Math.PI * 54;
  const arc = ((value ?? 0) / 100) * round;
  const drawn =
    arc === 0
      ? NOTHING
      : markup`<circle class="arc" cx="66" cy="66" r="54" stroke-dasharray="${arc.toFixed(2)} ${round.toFixed(2)}" transform="rotate(-90 66 66)"/>`;
  const told = value === null ? 'No dimension could be judged.' : `Overall score ${score(value)} of 100.`;
  return markup`<svg width="132" height="132" viewBox="0 0 132 132" role="img" aria-labelledby="ring-title ring-desc">
    <title id="ring-title">Overall score</title>
    <desc id="ring-desc">${told}</desc>
    <circle class="ring" cx="66" cy="66" r="54"/>${drawn}
    <text class="middle" x="66" y="72">${value === null ? 'none' : score(value)}</text>
    <text class="under" x="66" y="92">of 100</text></svg>`;
}
