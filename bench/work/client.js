'use strict';
// The one client of all systems.  node client.js SYSTEM install | enqueue JOBS | work WORKERS BATCH JOBS
//
// `work` takes up all jobs that are there (JOBS) and prints the jobs a second, from the first tenth that is done (by
// then connections are open and code is compiled) until all are done.
const [system, command, ...numbers] = process.argv.slice(2);
const System = require(`./systems/${system}`);

const payload = (number) => ({ prompt: `question ${number}`, model: 'llama3.2-1b', temperature: 0.7, timeout: 60 });

async function enqueue(jobs) {
  const queue = new System(1);
  for (let first = 0; first < jobs; first += 5000) {
    const count = Math.min(5000, jobs - first);
    await queue.enqueue(Array.from({ length: count }, (_, i) => payload(first + i)));
  }
  await queue.close();
}

async function install() {
  const queue = new System(1);
  await queue.install();
  await queue.close();
}

// In batches a worker has another one at hand while one is settled, as graphile-worker has its local queue.
const inHand = (batch) => (batch === 1 ? 1 : 2);

async function work(workers, batch, jobs) {
  const queue = new System(workers);
  if (queue.start) await queue.start();
  const warm = Math.floor(jobs / 10);
  let done = 0;
  let began;
  let counted;
  const finished = (count) => {
    done += count;
    if (began !== undefined || done < warm) return;
    began = process.hrtime.bigint();
    counted = jobs - done;
  };
  if (queue.workAll) await queue.workAll(workers, batch, jobs, finished);
  else await Promise.all(Array.from({ length: workers * inHand(batch) }, (_, i) => queue.work(i + 1, batch, finished)));
  const seconds = Number((queue.ended ?? process.hrtime.bigint()) - began) / 1e9; // stopping isn't work
  const left = await queue.left();
  await queue.close();
  if (done !== jobs || left !== 0) throw new Error(`${done} of ${jobs} jobs were done, ${left} are left`);
  process.stdout.write(`${counted / seconds}\n`);
}

({ install, enqueue, work })[command](...numbers.map(Number)).catch((error) => {
  console.error(error);
  process.exit(1);
});
