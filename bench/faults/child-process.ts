/** Processes that work on a shop until they are killed. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('./child.ts', import.meta.url));

export interface Child {
  readonly lines: string[];
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  kill(): void;
}

export function start(...args: string[]): Child {
  const running = spawn(process.execPath, [child, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  let rest = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    const all = (rest + text).split('\n');
    rest = all.pop()!;
    lines.push(...all);
    ready.resolve();
  });
  const ended = new Promise<void>((resolve) =>
    running.on('close', () => {
      ready.resolve();
      resolve();
    }),
  );
  return { lines, ready: ready.promise, ended, kill: () => running.kill('SIGKILL') };
}
