import { type Dashboard, graph, quantile, rate, stat } from './builder.js';

const budget = (slo: string, title: string, objective: string) =>
  graph(
    title,
    'percentunit',
    `Share of bad events; the objective is ${objective}. It burns fast where the hour is 14 times above it.`,
    [`attune:slo_errors:ratio_rate5m{slo="${slo}"}`, '5 minutes'],
    [`attune:slo_errors:ratio_rate1h{slo="${slo}"}`, 'an hour'],
    [`attune:slo_errors:ratio_rate3d{slo="${slo}"}`, '3 days'],
  );

export const overview: Dashboard = {
  uid: 'attune-overview',
  title: 'Attune: overview and objectives',
  description: 'Whether Attune does what it promises.',
  alerts: [
    'CanaryFailing',
    'CanaryWrongHash',
    'ApiBurnFast',
    'ApiBurnSlow',
    'LatencyBurn',
    'JobFailureBurn',
    'JobFailureBurnSlow',
    'ScrapeMissing',
  ],
  panels: [
    stat(
      'Processes that answer',
      'short',
      'sum(up{job="attune"})',
      'Scraped processes. Fewer than you have started: look for those that are gone.',
    ),
    stat('Lost jobs', 'short', 'max(lost_jobs{job="attune"})', 'Must be 0.'),
    stat('Refused row ledgers', 'short', 'sum(row_conservation_violations_total{job="attune"})', 'Must be 0.'),
    stat(
      'Oldest work that waits',
      's',
      'max(queue_backlog_age_seconds{job="attune"}) or vector(0)',
      'More than 15 minutes: not enough workers.',
    ),
    budget('availability', 'Requests answered with 5xx', '0.1 %'),
    budget('latency', 'Reads slower than 0.2 s', '1 %'),
    budget('jobs', 'Jobs that failed by no fault of their data', '0.5 %'),
    graph('Interactive jobs that waited for more than 5 s', 'percentunit', 'From ready to claimed, each stage; the objective is 1 %.', [
      `1 - ${rate('job_queue_wait_seconds_bucket{job="attune", class="interactive", le="5"}')} / ${rate('job_queue_wait_seconds_count{job="attune", class="interactive"}')}`,
      'waited',
    ]),
    graph('Jobs that ended', 'ops', 'By their status.', [rate('jobs_processed_total{job="attune"}', 'status'), '{{status}}']),
    graph('Alerts that fire', 'short', 'Each has a heading in the runbook.', [
      'sum by (alertname, severity) (ALERTS{alertstate="firing"}) or vector(0)',
      '{{alertname}} ({{severity}})',
    ]),
    graph('Jobs of a known result', 'short', 'By what came of them; all should be ok.', [
      'sum by (outcome) (increase(canary_jobs_total{job="attune"}[$__rate_interval]))',
      '{{outcome}}',
    ]),
    stat(
      'Last job of a known result',
      'dateTimeFromNow',
      'max(canary_last_success_timestamp_seconds{job="attune"}) * 1000',
      'Empty without ATTUNE_CANARY_SECONDS.',
    ),
    stat(
      'Last backup',
      'dateTimeFromNow',
      'max(backup_last_success_timestamp_seconds{job="attune"}) * 1000',
      'Empty before the first `attune backup`.',
    ),
    stat(
      'Versions at work',
      'short',
      'count(count by (version, commit) (build_info{job="attune"}))',
      'More than one: a new version is being rolled out, or was left half way.',
    ),
  ],
};

export const jobs: Dashboard = {
  uid: 'attune-jobs',
  title: 'Attune: jobs and queues',
  description: 'How much there is to do, how long it waits and takes.',
  alerts: ['BacklogAgeHigh', 'BacklogStuck', 'NoWorkers', 'DlqGrowing', 'LostJob'],
  panels: [
    graph('Jobs accepted', 'ops', 'By operation and by the way they came.', [
      rate('jobs_submitted_total{job="attune"}', 'operation_type, source'),
      '{{operation_type}} by {{source}}',
    ]),
    graph('Jobs that ended', 'ops', 'By status. Expired ones have missed their deadline.', [
      rate('jobs_processed_total{job="attune"}', 'status'),
      '{{status}}',
    ]),
    graph('Ready stages nobody works on', 'short', 'A line that only rises: more work than workers.', [
      'sum by (stage, class) (queue_backlog_jobs{job="attune"})',
      '{{stage}} {{class}}',
    ]),
    graph('Age of the oldest ready stage', 's', 'Beyond 900 s a ticket is opened.', [
      'max by (stage, class) (queue_backlog_age_seconds{job="attune"})',
      '{{stage}} {{class}}',
    ]),
    graph('Stages being worked on', 'short', 'Never more than there are slots.', [
      'sum by (stage) (queue_inflight{job="attune"})',
      '{{stage}}',
    ]),
    graph(
      'Wait of a stage',
      's',
      'From ready to claimed.',
      [quantile(0.5, 'job_queue_wait_seconds_bucket{job="attune"}', 'class'), 'half, {{class}}'],
      [quantile(0.99, 'job_queue_wait_seconds_bucket{job="attune"}', 'class'), '99 %, {{class}}'],
    ),
    graph(
      'Time of a job',
      's',
      'From submission to its end, by operation.',
      [quantile(0.5, 'job_processing_duration_seconds_bucket{job="attune"}', 'operation_type'), 'half, {{operation_type}}'],
      [quantile(0.95, 'job_processing_duration_seconds_bucket{job="attune"}', 'operation_type'), '95 %, {{operation_type}}'],
    ),
    graph('Time of a stage', 's', '95 % of the attempts take less.', [
      quantile(0.95, 'job_stage_duration_seconds_bucket{job="attune"}', 'stage'),
      '{{stage}}',
    ]),
    graph('Jobs that failed', 'ops', 'By the class of their error: data and caller are not faults of the installation.', [
      rate('jobs_failed_total{job="attune"}', 'error_class'),
      '{{error_class}}',
    ]),
    graph('Failed jobs that are there', 'short', 'They go on when they are told to (`attune jobs redrive`).', [
      'sum by (error_class) (dlq_jobs{job="attune"})',
      '{{error_class}}',
    ]),
    graph('Jobs that were told to go on', 'ops', 'By the class of the error they had failed with.', [
      rate('jobs_redriven_total{job="attune"}', 'error_class'),
      '{{error_class}}',
    ]),
    graph('Time to cancel', 's', 'From the request to the end.', [
      quantile(0.95, 'job_cancel_latency_seconds_bucket{job="attune"}'),
      '95 %',
    ]),
    graph('Schedules', 'ops', 'Due times by what became of them.', [rate('schedule_fires_total{job="attune"}', 'outcome'), '{{outcome}}']),
    stat(
      'Lag of schedules',
      's',
      'max(schedule_lag_seconds{job="attune"})',
      'For how long the longest due schedule had waited at the last pass.',
    ),
  ],
};

export const machinery: Dashboard = {
  uid: 'attune-machinery',
  title: 'Attune: exactly-once machinery',
  description: 'Leases, fences and repairs: what keeps each job at one result while processes die.',
  alerts: ['LeaseExpirySpike', 'FencedWrites', 'ReconcilerRepairs', 'NoLeader', 'RowConservationViolation'],
  panels: [
    stat('Leaders', 'short', 'sum(reconciler_leader{job="attune"})', 'Must be 1.'),
    stat('Lost jobs', 'short', 'max(lost_jobs{job="attune"})', 'Must be 0.'),
    stat('Refused row ledgers', 'short', 'sum(row_conservation_violations_total{job="attune"})', 'Must be 0.'),
    graph('Attempts at stages', 'ops', 'By outcome: done is the rule, parked waits for the store, released was handed back.', [
      rate('job_attempts_total{job="attune"}', 'outcome'),
      '{{outcome}}',
    ]),
    graph('Attempts that are tried again', 'ops', 'By the class of the error.', [
      rate('job_retries_total{job="attune"}', 'stage, error_class'),
      '{{stage}}, {{error_class}}',
    ]),
    graph('Stages taken over from lost workers', 'ops', 'Grows when workers die or stand still.', [
      rate('leases_expired_total{job="attune"}', 'stage'),
      '{{stage}}',
    ]),
    graph('Outcomes refused because the epoch was over', 'ops', 'Late workers. Nothing was written twice.', [
      rate('fenced_writes_total{job="attune"}', 'stage'),
      '{{stage}}',
    ]),
    graph('Repairs of the reconciler', 'ops', 'Jobs past their deadline, and cancelled ones without a living worker.', [
      rate('reconciler_repairs_total{job="attune"}', 'kind'),
      '{{kind}}',
    ]),
    graph('Listeners of the queue that were rebuilt', 'ops', 'Something between a worker and the queue swallows connections.', [
      rate('queue_listeners_rebuilt_total{job="attune"}', 'service'),
      '{{service}}',
    ]),
    graph('Answers replayed for a repeated key', 'ops', 'Clients that were not sure and asked again, and got one job.', [
      rate('idempotent_replays_total{job="attune"}'),
      'replays',
    ]),
  ],
};

export const data: Dashboard = {
  uid: 'attune-data',
  title: 'Attune: data quality',
  description: 'What comes in, what goes out, and how good it is.',
  alerts: ['RowConservationViolation'],
  panels: [
    graph('Records', 'ops', 'Of the pass that cleans: out, set aside, merged as duplicates, dropped.', [
      rate('records_processed_total{job="attune", stage=~"transform|validate"}', 'result'),
      '{{result}}',
    ]),
    graph('Share set aside', 'percentunit', 'A jump: a source has changed its form.', [
      `${rate('records_processed_total{job="attune", stage=~"transform|validate", result="quarantined"}')} / ${rate('records_processed_total{job="attune", stage=~"transform|validate"}')}`,
      'set aside',
    ]),
    graph('Scores of the dataset that was checked last', 'percent', '0 to 100, by dimension.', [
      'avg by (dimension) (data_quality_score{job="attune"})',
      '{{dimension}}',
    ]),
    graph('Jobs that have set records aside', 'ops', 'Completed ones, by operation.', [
      rate('jobs_with_quarantine_total{job="attune"}', 'operation_type'),
      '{{operation_type}}',
    ]),
    graph('Confidence of mappings', 'percentunit', 'A tenth of the fields are mapped with less. Low: give the mapping, or review it.', [
      quantile(0.1, 'mapping_confidence_bucket{job="attune"}'),
      'a tenth is below',
    ]),
    graph('Bytes', 'Bps', 'Received and delivered.', [rate('bytes_processed_total{job="attune"}', 'direction'), '{{direction}}']),
    graph('What is stored', 'bytes', 'By the rows of the database: received (bronze), cleaned (silver), results (output), other.', [
      'max by (layer) (storage_used_bytes{job="attune"})',
      '{{layer}}',
    ]),
    graph('Stored objects', 'short', 'By the rows of the database.', ['max by (layer) (storage_objects{job="attune"})', '{{layer}}']),
    graph('Removed by retention', 'ops', 'Jobs and datasets whose time was over.', [
      rate('retention_expired_total{job="attune"}', 'kind'),
      '{{kind}}',
    ]),
    graph('Garbage collected', 'Bps', 'Bytes of objects that nothing names any more.', [
      rate('gc_deleted_bytes_total{job="attune"}', 'kind'),
      '{{kind}}',
    ]),
  ],
};
