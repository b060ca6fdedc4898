'use strict';
// Its own runner, since jobs aren't claimed by hand.  Singly: one runner of so many concurrent jobs, as by default.
// In batches: a runner for each worker, with its local queue (jobs are fetched in batches) and batched
// completions, as its documentation has it for high throughput.
const { EventEmitter } = require('events');
const { Pool } = require('pg');
const { Logger, makeWorkerUtils, run } = require('graphile-worker');

const logger = new Logger(() => (level, message) => { if (level === 'error') console.error(message); });
const CONCURRENCY = Number(process.env.BENCH_CONCURRENCY || 24); // of its own benchmark

class GraphileWorker {
  constructor(workers) {
    this.pool = new Pool({ max: workers + 2 }); // it wants two more: LISTEN, and one to spare
    this.pool.on('error', (error) => { throw error; });
    this.pool.on('connect', (client) => client.on('error', (error) => { throw error; }));
    this.runners = [];
  }

  async install() {
    const utils = await makeWorkerUtils({ pgPool: this.pool, logger });
    await utils.migrate();
    await utils.release();
  }

  async enqueue(payloads) {
    await this.pool.query(
      `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(SELECT json_populate_record(
         NULL::graphile_worker.job_spec, json_build_object('identifier', 'noop', 'payload', p))
       FROM json_array_elements($1) p))`,
      [JSON.stringify(payloads)],
    );
  }

  settings(workers, batch) {
    if (batch === 1) return [{ concurrentJobs: workers }];
    return Array.from({ length: workers }, () => ({
      concurrentJobs: CONCURRENCY,
      localQueue: { size: batch },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    }));
  }

  // All workers, until so many jobs are done and written back: it doesn't wait for that itself.
  async workAll(workers, batch, jobs, finished) {
    const events = new EventEmitter();
    let left = jobs;
    const done = new Promise((resolve) => {
      events.on('job:complete', () => {
        finished(1);
        if (--left === 0) resolve();
      });
    });
    const options = {
      pgPool: this.pool, taskList: { noop: () => {} }, logger, events, noHandleSignals: true, crontab: '',
    };
    for (const worker of this.settings(workers, batch))
      this.runners.push(await run({ ...options, preset: { worker } }));
    await done;
    while (await this.left() > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    this.ended = process.hrtime.bigint();
    for (const runner of this.runners) await runner.stop();
  }

  async left() {
    const { rows } = await this.pool.query('SELECT count(*)::int AS n FROM graphile_worker.jobs');
    return rows[0].n;
  }

  async close() {
    await this.pool.end();
  }
}

module.exports = GraphileWorker;
