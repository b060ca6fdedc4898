'use strict';
// claim_work and finish_work, as prepared statements; each job is a run of a governed table.
const { Pool } = require('pg');

const TABLES = `
CREATE SCHEMA retry_ledger; CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
SET search_path = public, retry_ledger;
CREATE TABLE runs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, task jsonb,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
  error text, result jsonb, started_at timestamptz, completed_at timestamptz);
SELECT govern_runs('runs', input_columns => '{task}');
SELECT set_work_queue('runs', queue => 'bench', dispatch => 'all', notify => false)`;
const CLAIM = {
  name: 'claim',
  text: "SELECT job_id, fence, payload FROM retry_ledger.claim_work('bench', $1, $2)",
};
const FINISH = { name: 'finish', text: "SELECT retry_ledger.finish_work($1, $2, 'completed')" };
const FINISH_BATCH = { name: 'finish_batch', text: 'SELECT result FROM retry_ledger.finish_work_batch($1)' };

class RetryLedger {
  constructor(workers) {
    this.pool = new Pool({ max: workers });
  }

  async install() {
    await this.pool.query(TABLES);
  }

  async enqueue(payloads) {
    await this.pool.query('INSERT INTO runs (task) SELECT jsonb_array_elements($1)', [JSON.stringify(payloads)]);
  }

  // One worker: claims and finishes until there is nothing left.
  async work(worker, batch, finished) {
    for (;;) {
      const { rows } = await this.pool.query({ ...CLAIM, values: [`worker ${worker}`, batch] });
      if (rows.length === 0) return;
      if (batch === 1) await this.pool.query({ ...FINISH, values: [rows[0].job_id, rows[0].fence] });
      else await this.finish(rows);
      finished(rows.length);
    }
  }

  async finish(jobs) {
    const reports = jobs.map(({ job_id, fence }) => ({ job_id, fence: Number(fence), status: 'completed' }));
    const { rows } = await this.pool.query({ ...FINISH_BATCH, values: [JSON.stringify(reports)] });
    const refused = rows.filter((row) => row.result !== 'finished');
    if (refused.length > 0) throw new Error(`not finished: ${JSON.stringify(refused[0])}`);
  }

  async left() {
    const { rows } = await this.pool.query("SELECT count(*)::int AS n FROM runs WHERE status <> 'completed'");
    return rows[0].n;
  }

  async close() {
    await this.pool.end();
  }
}

module.exports = RetryLedger;
