'use strict';
// fetch and complete, without the supervision that others do in the background; without priorities, as its
// documentation has it for those who use none.
const PgBoss = require('pg-boss');

const QUEUE = 'bench';

class Boss {
  constructor(workers) {
    this.boss = new PgBoss({
      host: process.env.PGHOST,
      port: Number(process.env.PGPORT || 5432),
      user: process.env.PGUSER,
      database: process.env.PGDATABASE,
      max: workers + 2, // as many as graphile-worker has
      supervise: false,
      schedule: false,
    });
    this.boss.on('error', (error) => { throw error; });
  }

  async install() {
    await this.boss.start();
    await this.boss.createQueue(QUEUE);
  }

  async enqueue(payloads) {
    await this.boss.start();
    await this.boss.insert(payloads.map((data) => ({ name: QUEUE, data })));
  }

  // Fetches and completes until there is nothing left.
  async work(worker, batch, finished) {
    for (;;) {
      const jobs = await this.boss.fetch(QUEUE, { batchSize: batch, priority: false });
      if (jobs.length === 0) return;
      await this.boss.complete(QUEUE, batch === 1 ? jobs[0].id : jobs.map((job) => job.id));
      finished(jobs.length);
    }
  }

  async start() {
    await this.boss.start();
  }

  async left() {
    return this.boss.getQueueSize(QUEUE, { before: 'completed' });
  }

  async close() {
    await this.boss.stop({ graceful: false, wait: true });
  }
}

module.exports = Boss;
