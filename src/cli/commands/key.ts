/** `shelfwise key create|rotate|revoke|list`: who may use the shop's API, and for what. */
import type { CommandDef } from 'citty';
import { ShelfwiseError } from '../../core/errors.ts';
import { createKey, type KeyRecord, readKeys, revokeKey, rotateKey, type Scope, scopes } from '../../server/keys.ts';
import { command, numberFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';
import { table } from '../output.ts';

const actions = ['create', 'rotate', 'revoke', 'list'] as const;

export const keyCommand: CommandDef = command({
  name: 'key',
  description: 'Make, renew, revoke and list keys of the API; a key is shown once, and kept as a hash.',
  args: {
    action: { type: 'positional', description: actions.join(', '), required: true },
    id: { type: 'positional', description: 'Which key, for rotate and revoke.', required: false },
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    scope: { type: 'string', description: `What it is for: ${scopes.join(', ')}; may be given several times.` },
    name: { type: 'string', description: 'Who has it, for the list.', default: '' },
    grace: { type: 'string', description: 'Hours for which the secret before holds as well.', default: '0' },
  },
  async run({ args, repeated, output }) {
    const now = Date.now();
    const { action, id } = args;
    // A folder that is no shop gets no keys.
    const shop = await openShopFor(output, args.shop);
    const { folder } = shop;
    await shop.close();
    switch (action) {
      case 'create': {
        const made = await createKey(folder, { name: args.name, scopes: scopesOf(repeated('scope')) }, now);
        return output.result({ key: made.key, ...shown(made.record) }, () => told(made.key, made.record));
      }
      case 'rotate': {
        const graceHours = numberFlag('grace', args.grace, { min: 0, max: 24 * 365 })!;
        const made = await rotateKey(folder, needed(id, action), graceHours, now);
        return output.result({ key: made.key, ...shown(made.record) }, () => told(made.key, made.record));
      }
      case 'revoke': {
        const revoked = await revokeKey(folder, needed(id, action), now);
        return output.result(shown(revoked), () => `Key ${revoked.id} holds no more.`);
      }
      case 'list': {
        const keys = (await readKeys(folder)).map(shown);
        const rows = keys.map((key) => [key.id, key.name, key.scopes.join(', '), key.created, key.revoked ?? '']);
        return output.result({ keys }, () => table(['id', 'name', 'scopes', 'created', 'revoked'], rows));
      }
      default: {
        const message = `key: expected ${actions.join(', ')}, got "${action}".`;
        throw new ShelfwiseError('SW_USAGE', message, 'As in: shelfwise key create --scope recommend.');
      }
    }
  },
});

function scopesOf(given: readonly string[]): Scope[] {
  const strange = given.find((one) => !(scopes as readonly string[]).includes(one));
  if (given.length > 0 && strange === undefined) return [...new Set(given as Scope[])];
  const message = `--scope: expected one or more of ${scopes.join(', ')}, got ${strange ?? 'none'}.`;
  throw new ShelfwiseError('SW_USAGE', message, 'As in: --scope collect --scope recommend.');
}

function needed(id: string | undefined, action: string): string {
  if (id !== undefined) return id;
  throw new ShelfwiseError('SW_USAGE', `key ${action}: expected the id of a key, got none.`, '`key list` shows them.');
}

/** Without hashes. */
function shown({ secrets: _, format: __, ...record }: KeyRecord): Omit<KeyRecord, 'secrets' | 'format'> {
  return record;
}

const told = (key: string, { id, scopes: may }: KeyRecord): string =>
  [key, '', `Key ${id} for ${may.join(', ')}. It is shown this once: keep it where secrets are kept.`].join('\n');
