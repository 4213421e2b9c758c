import { dashboardJson } from './builder.js';
import { data, jobs, machinery, overview } from './work.js';
import { api, security, stores, tenants, workers } from './installation.js';

/** Every dashboard of Attune, in the order in which somebody on call opens them. */
export const dashboards = [overview, jobs, machinery, data, workers, stores, api, tenants, security];

/** Text of each dashboard by its path in the repository. */
export const dashboardFiles: Readonly<Record<string, string>> = Object.fromEntries(
  dashboards.map((dashboard) => [`deploy/grafana/dashboards/${dashboard.uid}.json`, dashboardJson(dashboard)]),
);
