/**
 * Gorse as a peer: built from its Go module into bench/.peers/gorse, started over SQLite files with a store's events, and waited
 * for until its lists are made.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, createReadStream, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const module = 'github.com/zhenghaoz/gorse@v0.4.15';
const folder = fileURLToPath(new URL('../.peers/gorse/', import.meta.url));
const port = 18_088;

/** The program, or why there is none. */
export async function gorseProgram(): Promise<{ program: string } | { skipped: string }> {
  const program = join(folder, 'gorse-in-one');
  if (existsSync(program)) return { program };
  try {
    mkdirSync(folder, { recursive: true });
    const { stdout } = await run('go', ['mod', 'download', '-json', module], { cwd: folder });
    // It replaces modules of its own, which `go install` refuses: it is built where its sources are copied to.
    const source = join(folder, 'source');
    cpSync((JSON.parse(stdout) as { Dir: string }).Dir, source, { recursive: true });
    await run('chmod', ['-R', 'u+w', source]);
    const env = { ...process.env, CGO_ENABLED: '0' };
    await run('go', ['build', '-o', program, './cmd/gorse-in-one'], { cwd: source, env, maxBuffer: 2 ** 26 });
    rmSync(source, { recursive: true });
    return { program };
  } catch (error) {
    return { skipped: `skipped, because ${module} cannot be built: ${(error as Error).message.split('\n')[0]}` };
  }
}

export interface Gorse {
  readonly address: string;
  close(): void;
}

/**
 * @param data - folder for its files
 * @param events - a file of `user_id,product_id,event_name,timestamp,...`
 * @param shoppers - who must have lists before it answers
 */
export async function startGorse(
  program: string,
  data: string,
  events: string,
  shoppers: readonly string[],
): Promise<Gorse> {
  mkdirSync(data, { recursive: true });
  const config = join(data, 'config.toml');
  writeFileSync(
    config,
    [
      ...['[database]', `cache_store = "sqlite://${data}/cache.db"`, `data_store = "sqlite://${data}/data.db"`],
      ...['[master]', `port = ${port - 2}`, `http_port = ${port}`, 'host = "127.0.0.1"', 'http_host = "127.0.0.1"'],
      ...['n_jobs = 2', '[recommend.data_source]', 'read_feedback_types = []'],
      'positive_feedback_types = ["view_item", "add_to_cart", "purchase"]',
    ].join('\n'),
  );
  const address = `http://127.0.0.1:${port}`;
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(program, ['-c', config], { cwd: data, stdio: 'ignore' });
    for (let n = 0; n < 100; n++) {
      if (
        await fetch(`${address}/api/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return child;
      await sleep(200);
    }
    throw new Error('gorse: expected it to answer within 20 s.');
  };
  const empty = await start();
  await insert(address, events);
  // It fits its models when it starts, and then once an hour.
  empty.kill();
  await sleep(1_000);
  const child = await start();
  const isWarm = async (user: string): Promise<boolean> =>
    Array.isArray(await (await fetch(`${address}/api/recommend/${user}?n=10`)).json());
  for (let n = 0; n < 90; n++) {
    if ((await Promise.all(shoppers.map(isWarm))).every(Boolean)) return { address, close: () => void child.kill() };
    await sleep(10_000);
  }
  child.kill();
  throw new Error('gorse: expected lists of all shoppers within 15 minutes.');
}

async function insert(address: string, events: string): Promise<void> {
  let some: object[] = [];
  const post = async (): Promise<void> => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(some) };
    const answer = await fetch(`${address}/api/feedback`, init);
    if (!answer.ok) throw new Error(`gorse: feedback answered ${answer.status}.`);
    some = [];
  };
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(events) })) {
    if (line++ === 0) continue;
    const [UserId, ItemId, FeedbackType, Timestamp] = text.split(',');
    some.push({ FeedbackType, UserId, ItemId, Timestamp });
    if (some.length === 5_000) await post();
  }
  if (some.length > 0) await post();
}
