/**
 * schemathesis (PyPI) makes requests of all kinds from the OpenAPI document, right and wrong ones: no answer is a 5xx, and each is
 * as the document says. Skipped where Python or the package cannot be had.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openShop, type ShopEvent } from '../../src/index.ts';
import { serve } from '../../src/server/serve.ts';

const run = promisify(execFile);
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];

/** The program in an environment of its own, or why there is none. */
async function schemathesis(folder: string): Promise<{ program: string } | { skipped: string }> {
  try {
    await run('python3', ['-m', 'venv', folder]);
    await run(join(folder, 'bin/pip'), ['install', '--quiet', 'schemathesis>=4,<5'], { timeout: 240_000 });
    return { program: join(folder, 'bin/schemathesis') };
  } catch (error) {
    return { skipped: (error as Error).message.split('\n')[0]! };
  }
}

test('requests of all kinds that the document allows, or does not, get answers that it describes, and no 5xx', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'openapi-'));
  try {
    const found = await schemathesis(join(folder, 'python'));
    if ('skipped' in found) {
      console.log(`skipped, because schemathesis cannot be had: ${found.skipped}`);
      return;
    }
    await using shop = await openShop(join(folder, 'shop'));
    const now = Date.now();
    await shop.record(
      Array.from({ length: 400 }, (_, n): ShopEvent => {
        const [userId, productId] = [`u${n % 30}`, `p${(n * 7) % 25}`];
        return { eventId: `e${n}`, kind: 'purchase', time: now - (500 - n) * 600_000, userId, productId };
      }),
    );
    await shop.train({ models: ['item-knn', 'popularity'] });
    const server = await serve({ shop, version: '0.0.0', now: Date.now, port: 0, requestsPerMinute: 1e9 });
    try {
      const settings = [
        '--checks',
        checks.join(','),
        '--max-examples',
        '20',
        '--phases',
        'coverage,fuzzing',
        '--seed',
        '1',
      ];
      const args = ['run', `${server.address}/openapi.json`, ...settings];
      const told = await run(found.program, args, { cwd: folder, maxBuffer: 2 ** 26 }).then(
        ({ stdout }) => stdout,
        ({ stdout, message }: { stdout?: string; message: string }) => `FAILED ${stdout ?? message}`,
      );
      expect(told).not.toMatch(/^FAILED/);
      expect(Number(/(\d+) generated/.exec(told)?.[1])).toBeGreaterThan(500);
    } finally {
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
