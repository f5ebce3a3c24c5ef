/** A shop that is served by a process of its own, as a user would serve it, and load on it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { Random } from '../../src/core/random.ts';

export const launcher: string = fileURLToPath(new URL('../../bin/shelfwise.js', import.meta.url));

export interface Served {
  readonly process: ChildProcess;
  readonly address: string;
}

/** Servers that run: none outlives the measurement. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function serveShop(shop: string, workers: number): Promise<Served> {
  const args = ['serve', '--shop', shop, '--port', '0', '--workers', String(workers), '--rate', '1e9'];
  const child = spawn(process.execPath, [launcher, ...args, '--log', 'silent', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  let told = '';
  for await (const chunk of child.stdout) {
    told += chunk;
    if (told.trimEnd().endsWith('}')) break;
  }
  const { address, error } = JSON.parse(told) as { address?: string; error?: { message: string } };
  if (address === undefined) throw new Error(`serve: ${error?.message ?? told}`);
  await fetch(`${address}/ready`);
  return { process: child, address };
}

export async function stopServing({ process: child }: Served): Promise<void> {
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
  running.delete(child);
}

/** Numbers from 0 to `count - 1`, by Zipf's law. */
export function zipf(count: number, random: Random = new Random(1)): () => number {
  return () => Math.floor(count ** random.uniform() - 1);
}

export interface Load {
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second that are sent; as many as are answered where absent. */
  readonly rate?: number;
}

/** Requests by so many callers, one after another each; `body` is made anew for each, and absent for GET. */
export function loadOn(
  address: string,
  { connections, seconds, rate }: Load,
  request: () => { readonly path: string; readonly body?: string },
): Promise<autocannon.Result> {
  return autocannon({
    ...{ url: address, duration: seconds, connections, ...(rate !== undefined && { overallRate: rate }) },
    requests: [
      {
        setupRequest: (given) => {
          const { path, body } = request();
          if (body === undefined) return { ...given, path, method: 'GET' };
          return { ...given, path, method: 'POST', headers: { 'content-type': 'application/json' }, body };
        },
      },
    ],
  });
}
