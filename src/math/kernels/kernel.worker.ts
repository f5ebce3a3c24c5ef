/** One thread of a KernelPool: takes chunks of rows off the shared counter until none are left. */
import { parentPort, workerData } from 'node:worker_threads';
import type { KernelTask } from './kernel-pool.ts';

const { module, memory, thread } = workerData as {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  thread: number;
};
const instance = new WebAssembly.Instance(module, {
  env: {
    memory,
    abort: (_message: number, _file: number, line: number, column: number) => {
      throw new Error(`abort at ${line}:${column}`);
    },
  },
});
const kernels = instance.exports as Record<string, (...args: number[]) => void>;

parentPort!.on('message', ({ kernel, rows, chunk, args }: KernelTask) => {
  try {
    const run = kernels[kernel];
    if (!run) throw new Error('no such kernel');
    const counter = new Int32Array(memory.buffer, 0, 1);
    for (let begin = Atomics.add(counter, 0, chunk); begin < rows; begin = Atomics.add(counter, 0, chunk)) {
      run(begin, Math.min(begin + chunk, rows), thread, ...args);
    }
    parentPort!.postMessage({ done: true });
  } catch (error) {
    parentPort!.postMessage({ failed: (error as Error).message });
  }
});
