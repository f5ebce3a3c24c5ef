/** The block of README.md that shows the demo, from a run of it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../bin/shelfwise.js', import.meta.url));

/** The table and the slate of a demo in an empty folder, without what differs from run to run. */
export function demoBlock(): string {
  const folder = mkdtempSync(join(tmpdir(), 'readme-demo-'));
  try {
    const env = { ...process.env, SHELFWISE_DATA: '' };
    const demo = spawnSync(process.execPath, [launcher, 'demo', '--once'], { cwd: folder, env, encoding: 'utf8' });
    if (demo.status !== 0) throw new Error(`demo: expected to end with 0, got ${demo.status}: ${demo.stderr}`);
    const table = /^On [\d,]+ visits since[\s\S]*?(?=\n\n(?!model))/m.exec(demo.stderr)?.[0] ?? '';
    const slate = demo.stdout.replace(/\n\nFor \d[\s\S]*$/, '').trimEnd();
    return `${table}\n\n${slate}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
