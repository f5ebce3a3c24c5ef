import { afterEach, describe, expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { KernelPool } from './kernel-pool.ts';

const pools: KernelPool[] = [];
async function open(threads: number): Promise<KernelPool> {
  const pool = await KernelPool.open(threads);
  pools.push(pool);
  return pool;
}
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

/** Item rows of co-occurrence over a random user-item matrix; the kernel leaves its K best. */
async function similarities(pool: KernelPool, chunk?: number): Promise<string> {
  const [users, items, perUser, k] = [400, 300, 12, 10];
  const random = new Random(5);
  const indices = Int32Array.from({ length: users * perUser }, () => random.below(items));
  const offsets = Int32Array.from({ length: users + 1 }, (_, u) => u * perUser);
  const byItem: number[][] = Array.from({ length: items }, () => []);
  for (const [p, item] of indices.entries()) byItem[item]!.push(Math.floor(p / perUser));
  const itemOffsets = new Int32Array(items + 1);
  for (const [i, row] of byItem.entries()) itemOffsets[i + 1] = itemOffsets[i]! + row.length;
  const values = Float32Array.from(indices, () => random.uniform());
  const ones = new Float32Array(indices.length).fill(1);
  const scale = new Float32Array(items).fill(1);
  const out = [pool.i32(items * k), pool.f32(items * k), pool.i32(items)] as const;
  const left = [pool.i32(itemOffsets), pool.i32(byItem.flat()), pool.f32(ones)];
  const right = [pool.i32(offsets), pool.i32(indices), pool.f32(values)];
  const scaling = [pool.f32(scale), pool.f32(scale), pool.f32(pool.threads * items * 4)];
  const args = [0, items, k, 3, ...left, ...right, ...scaling, ...out];
  await pool.run('similarityRows', items, args, chunk ? { chunk } : {});
  return JSON.stringify(out.map((array) => [...array]));
}

describe('a pool of kernel threads', () => {
  test('one thread, two and three, with any chunk, give the same bytes', async () => {
    const expected = await similarities(await open(1));
    expect(expected).toMatch(/[1-9]/);
    expect(await similarities(await open(2))).toBe(expected);
    expect(await similarities(await open(3), 1)).toBe(expected);
    expect(await similarities(await open(2), 1000)).toBe(expected);
  });

  test('fewer threads than one are one', async () => {
    expect((await open(0)).threads).toBe(1);
  });

  test('arrays start zeroed or as copies, are aligned, and survive growth of the memory', async () => {
    const pool = await open(1);
    const first = pool.f32([1.5, 2.5, 3.5]);
    const large = pool.i32(1_000_000);
    large[999_999] = 7;
    const after = pool.f32(5_000_000);
    expect([...first]).toEqual([1.5, 2.5, 3.5]);
    expect(large[999_999]).toBe(7);
    expect(after.every((value) => value === 0)).toBe(true);
    for (const array of [first, large, after]) expect(array.byteOffset % 16).toBe(0);
    pool.reset();
    const again = pool.f32(3);
    expect(again.byteOffset).toBe(first.byteOffset);
    expect([...again]).toEqual([0, 0, 0]);
  });

  test('arrays past 4 GiB are refused in words and the pool stays of use', async () => {
    const pool = await open(1);
    expect(() => pool.f32(2 ** 30)).toThrowError(
      expect.objectContaining({ code: 'SW_MODEL_LIMIT', message: expect.stringContaining('4 GiB') }),
    );
    expect(await similarities(pool)).toMatch(/[1-9]/);
  });

  test('tasks asked for at once run one after another', async () => {
    const pool = await open(2);
    const outs = Array.from({ length: 8 }, (_, n) => [pool.f32(4), pool.f32([n, 0, 0, 0])] as const);
    const [offsets, indices, values] = [pool.i32([0, 1]), pool.i32([0]), pool.f32([2])];
    await Promise.all(
      outs.map(([out, dense]) => pool.run('sparseTimesDense', 1, [offsets, indices, values, dense, 4, out])),
    );
    expect(outs.map(([out]) => out[0])).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
  });

  test('an aborted task stops between chunks with the reason of the signal, and the next task runs', async () => {
    const pool = await open(2);
    await expect(
      pool.run('similarityRows', 10, [], { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
    const stopper = new AbortController();
    const [rows, d] = [200_000, 64];
    const [offsets, indices] = [pool.i32(Int32Array.from({ length: rows + 1 }, (_, r) => 5 * r)), pool.i32(5 * rows)];
    const out = pool.f32(rows * d);
    const args = [
      offsets,
      indices,
      pool.f32(new Float32Array(5 * rows).fill(1)),
      pool.f32([...Array(d)].fill(1)),
      d,
      out,
    ];
    const running = pool.run('sparseTimesDense', rows, args, { chunk: 1, signal: stopper.signal });
    setImmediate(() => stopper.abort(new Error('enough')));
    await expect(running).rejects.toThrow('enough');
    expect(out[out.length - 1]).toBe(0);
    expect(await similarities(pool)).toMatch(/[1-9]/);
  });

  test('a kernel that is not there, or that traps, fails in words and the next task runs', async () => {
    const pool = await open(2);
    await expect(pool.run('nothing', 5, [])).rejects.toMatchObject({
      code: 'SW_INTERNAL',
      message: 'kernels: expected a kernel, got "nothing".',
    });
    const outside = 0xfffffff0;
    await expect(pool.run('sparseTimesDense', 50, [outside, outside, outside, outside, 4, outside])).rejects.toThrow(
      /sparseTimesDense.*out of bounds/,
    );
    expect(await similarities(pool)).toMatch(/[1-9]/);
  });

  test('closing fails the task under way and every later one', async () => {
    const pool = await open(2);
    const running = pool.run('sparseTimesDense', 2 ** 31 - 2, [pool.i32(0), 0, 0, 0, 0, pool.f32(0)], { chunk: 1 });
    const failed = expect(running).rejects.toThrow(/closed|out of bounds/);
    await pool.close();
    await failed;
    await expect(pool.run('similarityRows', 1, [])).rejects.toThrow('closed');
  });
});
