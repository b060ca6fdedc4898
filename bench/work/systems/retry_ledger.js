'use strict';
// claim_work and finish_work, as prepared statements; each job is a run of a governed table.
const { Pool } = require('pg');

const TABLES = `
CREATE SCHEMA retry_ledger; CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
SET search_path = public, retry_ledger;
CREATE TABLE runs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, task jsonb,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
  error text, result jsonb, started_at timestamptz, completed_at timestamptz)
  WITH (fillfactor = 50);
SELECT govern_runs('runs', input_columns => '{task}');
SELECT set_work_queue('runs', queue => 'bench', dispatch => 'all', notify => false)`;
const CLAIM = {
  name: 'claim',
  text: "SELECT job_id, fence, payload FROM retry_ledger.claim_work('bench', $1, $2)",
};
// What was done is settled, and the next is claimed, in one statement: one commit for each round.
const NEXT = {
  name: 'next',
  text: `SELECT job_id, fence, payload FROM (SELECT retry_ledger.finish_work($1, $2, 'completed') AS status OFFSET 0) done,
           LATERAL retry_ledger.claim_work('bench', $3, CASE WHEN done.status IS NULL THEN NULL ELSE 1 END)`,
};
const NEXT_BATCH = {
  name: 'next_batch',
  text: `SELECT done.refused, job_id, fence, payload
         FROM (SELECT count(*) FILTER (WHERE result <> 'finished') AS refused FROM retry_ledger.finish_work_batch($1)) done
         LEFT JOIN LATERAL retry_ledger.claim_work('bench', $2, CASE WHEN done.refused = 0 THEN $3::int END) ON true`,
};

class RetryLedger {
  constructor(workers) {
    this.pool = new Pool({ max: workers + 2 }); // as many as graphile-worker has
  }

  async install() {
    await this.pool.query(TABLES);
  }

  async enqueue(payloads) {
    await this.pool.query('INSERT INTO runs (task) SELECT jsonb_array_elements($1)', [JSON.stringify(payloads)]);
  }

  // Claims and finishes until there is nothing left.
  async work(worker, batch, finished) {
    const name = `worker ${worker}`;
    let { rows } = await this.pool.query({ ...CLAIM, values: [name, batch] });
    while (rows.length > 0) {
      const done = rows.length;
      rows = batch === 1 ? await this.next(name, rows[0]) : await this.nextBatch(name, rows, batch);
      finished(done);
    }
  }

  async next(worker, { job_id, fence }) {
    return (await this.pool.query({ ...NEXT, values: [job_id, fence, worker] })).rows;
  }

  async nextBatch(worker, jobs, batch) {
    const reports = jobs.map(({ job_id, fence }) => ({ job_id, fence: Number(fence), status: 'completed' }));
    const { rows } = await this.pool.query({ ...NEXT_BATCH, values: [JSON.stringify(reports), worker, batch] });
    if (rows[0].refused !== '0') throw new Error(`${rows[0].refused} were not finished`);
    return rows.filter((row) => row.job_id !== null);
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
