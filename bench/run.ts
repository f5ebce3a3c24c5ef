/**
 * `npm run bench -- NAME [--json] [settings]`: runs one measured comparison; without a name it lists them. A comparison is a
 * file of this folder that runs by itself; its header says what it measures and how.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('./', import.meta.url);
const [name, ...settings] = process.argv.slice(2);
const script = new URL(`${name}.ts`, folder);

if (name !== undefined && /^[a-z0-9-]+$/.test(name) && name !== 'run' && existsSync(script)) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(script), ...settings], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'run.ts')
    .map((file) => file.slice(0, -'.ts'.length));
  if (name !== undefined) console.error(`bench: expected a name, got "${name}".\n`);
  for (const known of names) console.error(`${known}\n  ${purposeOf(known)}`);
  process.exitCode = name === undefined ? 0 : 2;
}

/** The first sentence of a comparison's header. */
function purposeOf(known: string): string {
  const header = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(new URL(`${known}.ts`, folder), 'utf8'))?.[1] ?? '';
  const text = header.replaceAll(/\n \* ?/g, ' ').trim();
  return text.split(/(?<=\.)\s/)[0] ?? '';
}
