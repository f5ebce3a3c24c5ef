/**
 * Tests that bite: every mutant is applied to a copy of the project, and the tests nearest to it must fail. Two run at a
 * time, each in a copy of its own. For one: `npm run mutants -- -t 'uniform'`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mutant, mutants } from '../mutants/mutants.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const at = (name: string): string => join(root, name);
const free: string[] = [];
const waiting: ((copy: string) => void)[] = [];
let folder: string;

interface Outcome {
  readonly passed: number;
  /** Each test that failed, with its first message; a file that failed without naming a test, by its own name. */
  readonly failed: readonly string[];
  readonly failedFiles: readonly string[];
  /** What did not run at all: a file that cannot be loaded proves nothing of the tests. */
  readonly broken: readonly string[];
}

function filesOfProject(): string[] {
  const names = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root });
  return names.toString('utf8').split('\0').filter(Boolean);
}

/** The project as it stands here, committed or not, over the same packages and compiled kernels. */
function copyOfProject(copy: string): void {
  for (const name of filesOfProject()) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    cpSync(at(name), join(copy, name));
  }
  symlinkSync(at('node_modules'), join(copy, 'node_modules'));
  cpSync(at('build/kernels'), join(copy, 'build/kernels'), { recursive: true });
}

interface TestResult {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

async function withCopy<T>(work: (copy: string) => Promise<T>): Promise<T> {
  const copy = free.pop() ?? (await new Promise<string>((resolve) => waiting.push(resolve)));
  try {
    return await work(copy);
  } finally {
    const next = waiting.shift();
    if (next) next(copy);
    else free.push(copy);
  }
}

interface Run {
  /** Stop at the first test that fails. */
  readonly bail: boolean;
  readonly workers: number;
  /** Only tests whose names hold this. */
  readonly named?: string | undefined;
}

async function runTests(copy: string, tests: readonly string[], { bail, workers, named }: Run): Promise<Outcome> {
  const report = join(copy, 'build', 'mutant-report.json');
  rmSync(report, { force: true });
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs');
  const limits = ['--testTimeout=600000', '--hookTimeout=600000'];
  const written = ['--reporter=json', `--outputFile=${report}`];
  const chosen = [...(bail ? ['--bail=1'] : []), ...(named === undefined ? [] : ['-t', named])];
  const flags = [...written, ...limits, `--maxWorkers=${workers}`, ...chosen];
  const child = spawn(process.execPath, [vitest, 'run', ...flags, ...tests], { cwd: copy, stdio: 'ignore' });
  await new Promise((resolve) => child.on('close', resolve));
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { name: string; status: string; message: string; assertionResults: TestResult[] }[];
  };
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failing = results
    .filter(({ status }) => status === 'failed')
    .map((one) => told(one.fullName, one.failureMessages));
  const silent = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
  );
  // A file that cannot be loaded says why; one that is stopped at its first failure may not name the test that failed.
  const broken = silent.filter(({ message }) => message !== '').map(({ name, message }) => `${name}: ${message}`);
  const unnamed = silent.filter(({ message }) => message === '').map(({ name }) => name);
  const passed = results.filter(({ status }) => status === 'passed').length;
  const failedFiles = testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
  return { passed, failed: [...failing, ...unnamed], failedFiles, broken };
}

/** Files longer than this are not run again where `npm test` has just passed them. */
const longMs = 3000;

/** What `npm test` has passed since the project last changed, as far as it takes long. */
function passedBefore(): ReadonlySet<string> {
  try {
    const report = JSON.parse(readFileSync(at('build/test-report.json'), 'utf8')) as {
      startTime: number;
      testResults: { name: string; status: string; startTime: number; endTime: number }[];
    };
    const newest = Math.max(...filesOfProject().map((name) => statSync(at(name)).mtimeMs));
    if (newest > report.startTime) return new Set();
    const passed = report.testResults.filter(({ status }) => status === 'passed');
    return new Set(
      passed.filter((file) => file.endTime - file.startTime > longMs).map(({ name }) => relative(root, name)),
    );
  } catch {
    return new Set();
  }
}

const told = (name: string, messages: readonly string[]): string => `${name}: ${messages[0] ?? 'no message'}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  for (const name of ['a', 'b']) {
    copyOfProject(join(folder, name));
    free.push(join(folder, name));
  }
  // In the copy, too, the tests pass as long as nothing is wrong; otherwise every mutant would seem to be noticed.
  const before = passedBefore();
  const all = [...new Set(mutants.flatMap(({ tests }) => tests))].filter((path) => !before.has(path));
  console.log(`${before.size} long files passed in npm test just before: ${all.length} others run once more`);
  const clean = await runTests(free[0]!, all, { bail: false, workers: 2 });
  expect(clean.broken).toEqual([]);
  expect(clean.passed).toBeGreaterThan(all.length);
  if (clean.failed.length === 0) return;
  // `npm test` has the word on a test that fails now and then; here it is told, and must pass alone.
  console.log(`failed among all, run again alone:\n${clean.failed.join('\n')}`);
  const again = await runTests(free[0]!, clean.failedFiles, { bail: false, workers: 1 });
  expect([...again.broken, ...again.failed]).toEqual([]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.concurrent('a mutant is noticed', () => {
  test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s', async (_, mutant: Mutant) => {
    const text = readFileSync(at(mutant.file), 'utf8');
    const times = text.split(mutant.before).length - 1;
    expect(times, `${mutant.file}: expected the text before once, found it ${times} times`).toBe(1);
    await withCopy(async (copy) => {
      const path = join(copy, mutant.file);
      writeFileSync(
        path,
        text.replace(mutant.before, () => mutant.after),
      );
      try {
        const { passed, failed, broken } = await runTests(copy, mutant.tests, {
          bail: true,
          workers: 1,
          named: mutant.named,
        });
        expect(broken).toEqual([]);
        expect(failed.length, `it survived ${passed} tests of ${mutant.tests.join(', ')}`).toBeGreaterThan(0);
      } finally {
        writeFileSync(path, text);
      }
    });
  });
});
