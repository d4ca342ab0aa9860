INSERT INTO workflow_runs (run_id, tenant, workflow_id, workflow_version, status, node_path, trigger_type, engine,
  temporal_workflow_id, definition_hash, runtime_semantics_version, root_run_id, started_at, completed_at, updated_at) VALUES
  ('null-running', 't', 'w', 1, 'RUNNING', 'root.steps[0]', 'event', NULL, '', '', 0, 'null-running', 1, NULL, 2),
  ('null-waiting', 't', 'w', 1, 'WAITING', 'root.steps[0]', 'event', NULL, '', '', 0, 'null-waiting', 1, NULL, 2),
  ('db-running', 't', 'w', 1, 'RUNNING', NULL, 'api', 'db', '', '', 0, 'db-running', 1, NULL, 2),
  ('db-waiting', 't', 'w', 1, 'WAITING', 'root.steps[3]', 'api', 'db', '', '', 0, 'db-waiting', 1, NULL, 2),
  ('db-succeeded', 't', 'w', 1, 'SUCCEEDED', NULL, 'api', 'db', '', '', 0, 'db-succeeded', 1, 9, 9),
  ('db-failed', 't', 'w', 1, 'FAILED', NULL, 'api', 'db', '', '', 0, 'db-failed', 1, 9, 9),
  ('null-canceled', 't', 'w', 1, 'CANCELED', NULL, 'api', NULL, '', '', 0, 'null-canceled', 1, 9, 9),
  ('temporal-running', 't', 'w', 1, 'RUNNING', NULL, 'api', 'temporal', 'x', 'h', 1, 'temporal-running', 1, NULL, 2),
  ('temporal-waiting', 't', 'w', 1, 'WAITING', 'root.steps[1]', 'api', 'temporal', 'y', 'h', 1, 'temporal-waiting', 1, NULL, 2);
INSERT INTO workflow_run_waits (wait_id, run_id, tenant, sequence, step_path, iteration, wait_type, status, event_name,
  correlation_key, accepts_from, created_at, resolved_at) VALUES
  ('null-waiting-open', 'null-waiting', 't', 1, 'root.steps[0]', '', 'event', 'WAITING', 'PAID', 'k', 0, 1, NULL),
  ('db-waiting-open', 'db-waiting', 't', 1, 'root.steps[3]', '', 'time', 'WAITING', NULL, NULL, 0, 1, NULL),
  ('db-waiting-done', 'db-waiting', 't', 1, 'root.steps[2]', '', 'event', 'TIMED_OUT', 'PAID', 'k', 0, 1, 5),
  ('db-failed-open', 'db-failed', 't', 1, 'root.steps[0]', '', 'event', 'WAITING', 'PAID', 'k', 0, 1, NULL),
  ('temporal-waiting-open', 'temporal-waiting', 't', 1, 'root.steps[1]', '', 'event', 'WAITING', 'PAID', 'k', 0, 1, NULL);
