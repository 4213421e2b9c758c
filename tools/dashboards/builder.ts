/** One line of a graph: a query, and what its legend says. */
type Query = readonly [expression: string, legend: string];

/** Units as Grafana names them. */
export type Unit = 'short' | 's' | 'bytes' | 'Bps' | 'ops' | 'percentunit' | 'percent' | 'dateTimeFromNow';

/** What a panel shows. The description says when to worry, for somebody who sees it at night. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly kind: 'timeseries' | 'stat';
  readonly unit: Unit;
  readonly queries: readonly Query[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Alerts that this dashboard explains: their headings of the runbook are linked. */
  readonly alerts: readonly string[];
  readonly panels: readonly Panel[];
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const COLUMNS = 24;
const SIZES = { stat: { w: 6, h: 4 }, timeseries: { w: 12, h: 8 } };

/** A number as it is now. */
export function stat(title: string, unit: Unit, expression: string, description: string): Panel {
  return { kind: 'stat', title, unit, description, queries: [[expression, '']] };
}

/** Lines over time. */
export function graph(title: string, unit: Unit, description: string, ...queries: readonly Query[]): Panel {
  return { kind: 'timeseries', title, unit, description, queries };
}

/** A counter per second, over a window that fits the scrape interval. */
export function rate(selector: string, by = ''): string {
  return `sum${by === '' ? '' : ` by (${by})`} (rate(${selector}[$__rate_interval]))`;
}

/** A share of the observations of a histogram is below this. `selector` names the buckets. */
export function quantile(share: number, selector: string, by = ''): string {
  return `histogram_quantile(${share}, ${rate(selector, by === '' ? 'le' : `le, ${by}`)})`;
}

/** Classic JSON of Grafana (schema 39, Grafana 11), as provisioning and the import dialogue take it. */
export function dashboardJson({ uid, title, description, alerts, panels }: Dashboard): string {
  const json = {
    uid,
    title,
    description,
    tags: ['attune'],
    schemaVersion: 39,
    editable: false,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0 },
        {
          name: 'runbook',
          label: 'Where docs/runbook.md is',
          type: 'textbox',
          query: 'docs/runbook.md',
          current: { text: 'docs/runbook.md', value: 'docs/runbook.md' },
          hide: 0,
        },
      ],
    },
    links: [
      { title: 'Attune', type: 'dashboards', tags: ['attune'], asDropdown: true, includeVars: true, keepTime: true },
      ...alerts.map((alert) => ({ title: alert, type: 'link', icon: 'doc', url: `\${runbook}#${alert.toLowerCase()}`, targetBlank: true })),
    ],
    panels: placed(panels).map(({ panel, gridPos }, index) => panelJson(panel, index + 1, gridPos)),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function panelJson({ kind, title, description, unit, queries }: Panel, id: number, gridPos: Place): unknown {
  return {
    id,
    type: kind,
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, ...(kind === 'timeseries' ? { min: 0, custom: { fillOpacity: 10 } } : {}) }, overrides: [] },
    options:
      kind === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'] }, graphMode: 'none' }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** From left to right, in rows as high as their highest panel. */
function placed(panels: readonly Panel[]): { panel: Panel; gridPos: Place }[] {
  let [x, y, height] = [0, 0, 0];
  return panels.map((panel) => {
    const { w, h } = SIZES[panel.kind];
    if (x + w > COLUMNS) [x, y, height] = [0, y + height, 0];
    const gridPos = { x, y, w, h };
    x += w;
    height = Math.max(height, h);
    return { panel, gridPos };
  });
}
