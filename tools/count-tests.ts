/**
 * Adds up the reports of several test runs and prints the counts twice: in the form of vitest's own last lines, and as
 * `N passed, N failed`, below the names of what failed. Fails where a report is missing, a test failed, or none ran.
 *
 * node tools/count-tests.ts REPORT.json...
 */
import { readFileSync } from 'node:fs';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const beginning = (text: string): string => text.slice(0, 1500).replaceAll('\n', '\n  ');

const counts = { passed: 0, failed: 0, skipped: 0, passedFiles: 0, failedFiles: 0 };
let missing = false;
for (const path of process.argv.slice(2)) {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    console.log(`${path}: expected the report of a test run, got none (${(error as Error).message}).`);
    missing = true;
    continue;
  }
  const failedFiles = report.testResults.filter(({ status }) => status === 'failed');
  counts.passed += report.numPassedTests;
  // A file that cannot be loaded, or whose set-up fails, has no failed test of its own.
  const silent = failedFiles.filter((file) => file.assertionResults.every(({ status }) => status !== 'failed'));
  counts.failed += report.numFailedTests + silent.length;
  counts.skipped += report.numPendingTests + report.numTodoTests;
  counts.failedFiles += failedFiles.length;
  // Once more at the end: what failed stands far above by then.
  for (const { name, message = '', assertionResults } of failedFiles) {
    const failed = assertionResults.filter((one) => one.status === 'failed');
    if (failed.length === 0) console.log(`failed: ${name}\n  ${beginning(message)}`);
    for (const { fullName, failureMessages = [] } of failed)
      console.log(`failed: ${name}: ${fullName}\n  ${beginning(failureMessages.join('\n'))}`);
  }
  counts.passedFiles += report.testResults.length - failedFiles.length;
}

const { passed, failed, skipped, passedFiles, failedFiles } = counts;
const line = (label: string, parts: readonly (readonly [number, string])[]): string => {
  const shown = parts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  const total = parts.reduce((sum, [count]) => sum + count, 0);
  return `${label.padStart(11)}  ${shown.join(' | ') || 'no tests'} (${total})`;
};
console.log(
  line('Test Files', [
    [failedFiles, 'failed'],
    [passedFiles, 'passed'],
  ]),
);
console.log(
  line('Tests', [
    [failed, 'failed'],
    [passed, 'passed'],
    [skipped, 'skipped'],
  ]),
);
console.log(`${passed} passed, ${failed} failed`);
if (missing || failed > 0 || passed === 0) process.exitCode = 1;
