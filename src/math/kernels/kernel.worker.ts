/** One thread of a KernelPool: takes chunks of rows off the shared counter until none are left. */
import { parentPort, workerData } from 'node:worker_threads';
import { kernelsOver } from './kernel-memory.ts';
import type { KernelReply, KernelTask, KernelThreadData } from './kernel-thread.ts';

const { module, memory, thread } = workerData as KernelThreadData;
const kernels = kernelsOver(module, memory);

function run({ kernel, rows, chunk, args }: KernelTask): KernelReply {
  const rowsFrom = kernels[kernel];
  if (!rowsFrom) return { failed: `expected a kernel, got "${kernel}"` };
  try {
    // The pool may have grown the memory while this thread began: growing it by nothing tells this thread's instance its size,
    // which filling and copying are held to.
    memory.grow(0);
    const counter = new Int32Array(memory.buffer, 0, 1);
    for (let begin = Atomics.add(counter, 0, chunk); begin < rows; begin = Atomics.add(counter, 0, chunk)) {
      rowsFrom(begin, Math.min(begin + chunk, rows), thread, ...args);
    }
    return { done: true };
  } catch (error) {
    return { failed: `${kernel}, ${(error as Error).message}` };
  }
}

parentPort!.on('message', (task: KernelTask) => parentPort!.postMessage(run(task)));
