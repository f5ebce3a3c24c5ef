/**
 * Writes docs/errors.md from the error table; with `--check` it only compares and fails where they differ.
 *
 * node tools/write-errors-doc.ts [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { errorTable } from '../src/core/errors.ts';
import { fallbackTable } from '../src/engine/fallbacks.ts';

const path = new URL('../docs/errors.md', import.meta.url);

const rows = Object.entries(errorTable).map(
  ([code, { exit, status, summary }]) => `| \`${code}\` | ${exit} | ${status} | ${summary} |`,
);
const fallbacks = Object.entries(fallbackTable).map(([code, summary]) => `| \`${code}\` | ${summary} |`);
const text = `# Errors

Every failure that a user can cause carries one of these codes. The message says where, what was expected and what came;
the sentence after it says what to do next. With \`--json\` a failed command prints
\`{"error": {"code", "message", "hint", "details"}}\` on stdout. In a program, catch \`ShelfwiseError\` and read \`code\`,
\`hint\` and \`details\`.

The exit code is the command's: 2 where the input or the usage was wrong, 1 for any other failure. The status is the HTTP
answer's. This page is written by \`npm run docs:errors\` from the table in src/core/errors.ts.

| code | exit | status | when |
|---|---|---|---|
${rows.join('\n')}

# What an answer fell back on

A recommendation never fails for want of something that another can stand in for. What was missing stands in its \`fellBack\`,
each as \`{code, text}\`; the list is empty where nothing was.

| code | what stands in |
|---|---|
${fallbacks.join('\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (readFileSync(path, 'utf8') !== text) {
  console.error('docs/errors.md: differs from the table in src/core/errors.ts. Run `npm run docs:errors`.');
  process.exitCode = 1;
}
