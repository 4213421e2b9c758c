SELECT count(*)::int FROM attune.job_stages WHERE service = '%s' AND status IN ('ready', 'running') AND next_run_at <= now()
