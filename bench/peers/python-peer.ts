/** Peers that need Python: installed by pip into bench/.peers/python, run as a process that answers line by line. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../.peers/python/', import.meta.url));

/**
 * The Python that has these packages, or why there is none.
 *
 * @param alone - true where what they depend on is not needed
 */
export async function pythonWith(
  packages: readonly string[],
  alone = false,
): Promise<{ python: string } | { skipped: string }> {
  const python = join(folder, 'bin', 'python');
  const ready = join(folder, `${packages.join('-')}.ready`);
  if (existsSync(ready)) return { python };
  try {
    mkdirSync(join(folder, '..'), { recursive: true });
    if (!existsSync(python)) await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', ...(alone ? ['--no-deps'] : []), ...packages]);
    writeFileSync(ready, '');
    return { python };
  } catch (error) {
    return { skipped: `skipped, because ${packages.join(', ')} cannot be installed: ${firstLine(error)}` };
  }
}

function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0]!;
}

/** A script of this folder that reads a command a line and answers a JSON document a line. */
export class PythonPeer {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;

  constructor(python: string, script: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const path = fileURLToPath(new URL(script, import.meta.url));
    this.#process = spawn(python, [path, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    this.#lines = createInterface({ input: this.#process.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  async ask<Answer>(command: string): Promise<Answer> {
    this.#process.stdin!.write(`${command}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${command}: expected an answer, the Python process ended.`);
    return JSON.parse(value) as Answer;
  }

  close(): void {
    this.#process.stdin!.end();
    this.#lines.close();
  }
}
