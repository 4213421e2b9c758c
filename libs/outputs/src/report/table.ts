import { markup, type Html, NOTHING } from './html.js';

export interface Column {
  readonly head: string;
  /** Numbers stand to the right, sentences get room, bars a share of the width. */
  readonly as?: 'n' | 'says' | 'bar';
}

/** A table that scrolls by itself where the page is narrow, by keyboard too; the first cell of a row is its heading. */
export function table(id: string, caption: string, columns: readonly Column[], rows: readonly (readonly Html[])[]): Html {
  const heads = columns.map(({ head, as }) => markup`<th scope="col"${classed(as)}>${head}</th>`);
  const body = rows.map((cells) => {
    const [first, ...rest] = cells;
    return markup`<tr><th scope="row">${first!}</th> ${rest.map((cell, i) => markup`<td${classed(columns[i + 1]!.as)}>${cell}</td>`)}</tr>`;
  });
  return markup`<div class="scroll" role="region" aria-labelledby="${id}-caption" tabindex="0">
    <table>
    <caption id="${id}-caption">${caption}</caption>
    <thead><tr>${heads}</tr></thead>
    <tbody>${body}</tbody></table></div>`;
}

const classed = (as: Column['as']): Html => (as === undefined ? NOTHING : markup` class="${as}"`);

/** A cell with a text, which is escaped. */
export const cell = (text: string): Html => markup`${text}`;

/** Says how many rows a table does not show. */
export function omitted(more: number, what: string): Html {
  return more > 0 ? markup`<p class="quiet">${String(more)} more ${what} are not shown here; the API lists all of them.</p>` : NOTHING;
}
