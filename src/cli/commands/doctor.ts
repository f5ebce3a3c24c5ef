/** `shelfwise doctor`: what this machine and this shop have, what is missing, and what to do about it. */
import type { CommandDef } from 'citty';
import { openDuckdb } from '../../adapters/duckdb/analytics.ts';
import { repairShop } from '../../adapters/sqlite/repair-shop.ts';
import { command } from '../command.ts';
import { examine } from '../doctor.ts';

const marks = { ok: '✓', missing: '–', failed: '✗' } as const;

export const doctorCommand: CommandDef = command({
  name: 'doctor',
  description: 'Check this machine and a shop.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    repair: { type: 'boolean', description: 'Rebuild what can be rebuilt; without it nothing is written.' },
  },
  async run({ args, output }) {
    const repaired = args.repair === true ? await repairShop(args.shop, () => openDuckdb()) : undefined;
    const findings = await examine(args.shop);
    const healthy = findings.every((finding) => finding.state !== 'failed');
    const done = repaired?.map((step) => `+ ${step}`) ?? [];
    if (repaired?.length === 0) done.push('+ nothing to repair');
    output.result({ healthy, findings, ...(repaired && { repaired }) }, () =>
      [
        ...done,
        ...findings.map(
          ({ state, part, found, advice }) => `${marks[state]} ${part}: ${found}${advice ? `\n    ${advice}` : ''}`,
        ),
      ].join('\n'),
    );
    if (!healthy) process.exitCode = 1;
  },
});
