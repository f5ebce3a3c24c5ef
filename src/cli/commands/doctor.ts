/** `shelfwise doctor`: what this machine and this shop have, what is missing, and what to do about it. */
import type { CommandDef } from 'citty';
import { command } from '../command.ts';
import { examine } from '../doctor.ts';

const marks = { ok: '✓', missing: '–', failed: '✗' } as const;

export const doctorCommand: CommandDef = command({
  name: 'doctor',
  description: 'Check this machine and a shop.',
  args: { shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' } },
  async run({ args, output }) {
    const findings = await examine(args.shop);
    const healthy = findings.every((finding) => finding.state !== 'failed');
    output.result({ healthy, findings }, () =>
      findings
        .map(({ state, part, found, advice }) => `${marks[state]} ${part}: ${found}${advice ? `\n    ${advice}` : ''}`)
        .join('\n'),
    );
    if (!healthy) process.exitCode = 1;
  },
});
