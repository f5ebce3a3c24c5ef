/**
 * Keys of the API: what each may do, and a hash of its secret. Each is a file in `keys/` of the shop's folder, so that every
 * process of the shop knows it, one that is revoked holds nowhere from then on, and two changes at once never meet.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ShelfwiseError } from '../core/errors.ts';
import { WatchedFile } from '../core/watched-file.ts';
import { replaceFile } from '../engine/artefacts.ts';

/** `collect`: send events. `recommend`: ask for slates and products. `admin`: everything. */
export const scopes = ['collect', 'recommend', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export interface KeyRecord {
  readonly format: 1;
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of each secret that holds, the newest first; a secret has 256 random bits. Times are ISO 8601. */
  readonly secrets: readonly { readonly sha256: string; readonly until?: string | undefined }[];
  readonly created: string;
  readonly revoked?: string | undefined;
}

const recordSchema: z.ZodType<KeyRecord> = z.strictObject({
  format: z.literal(1),
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(scopes)).min(1),
  secrets: z.array(z.strictObject({ sha256: z.string(), until: z.string().optional() })).min(1),
  created: z.string(),
  revoked: z.string().optional(),
});

const keysFolder = (folder: string): string => join(folder, 'keys');
const pathOf = (folder: string, id: string): string => join(keysFolder(folder), `${id}.json`);

/**
 * All keys, revoked ones among them, in the order of their making.
 *
 * @throws ShelfwiseError `SW_SHOP_CORRUPT` where a file is not as it was written: nobody is let in by a guess
 */
export async function readKeys(folder: string): Promise<KeyRecord[]> {
  const names = await readdir(keysFolder(folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const ids = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
  const keys = await Promise.all(ids.map((id) => readKey(folder, id)));
  return keys.sort((a, b) => (a.created < b.created ? -1 : a.created > b.created ? 1 : a.id < b.id ? -1 : 1));
}

async function readKey(folder: string, id: string): Promise<KeyRecord> {
  const path = pathOf(folder, id);
  try {
    const read = recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    if (read.id === id) return read;
  } catch (error) {
    throw damaged(path, error);
  }
  throw damaged(path);
}

function damaged(path: string, cause?: unknown): ShelfwiseError {
  const message = `${path}: expected a key of the API, got something else.`;
  return new ShelfwiseError('SW_SHOP_CORRUPT', message, 'Remove the file and make a new key.', {}, cause);
}

async function writeKey(folder: string, key: KeyRecord): Promise<void> {
  await mkdir(keysFolder(folder), { recursive: true, mode: 0o700 });
  await replaceFile(pathOf(folder, key.id), `${JSON.stringify(key, null, 2)}\n`);
}

const sha256 = (secret: string): string => createHash('sha256').update(secret).digest('hex');

function newSecret(id: string): { readonly key: string; readonly sha256: string } {
  const secret = randomBytes(32).toString('base64url');
  return { key: `sw_${id}_${secret}`, sha256: sha256(secret) };
}

/** @returns the key, which is told this once */
export async function createKey(
  folder: string,
  { name, scopes: may }: { readonly name: string; readonly scopes: readonly Scope[] },
  now: number,
): Promise<{ readonly key: string; readonly record: KeyRecord }> {
  const id = randomBytes(6).toString('hex');
  const { key, sha256: hash } = newSecret(id);
  const created = new Date(now).toISOString();
  const made: KeyRecord = { format: 1, id, name, scopes: [...may], secrets: [{ sha256: hash }], created };
  await writeKey(folder, made);
  return { key, record: made };
}

/** Gives a key a new secret. @param graceHours - for so long the one before holds as well */
export async function rotateKey(
  folder: string,
  id: string,
  graceHours: number,
  now: number,
): Promise<{ readonly key: string; readonly record: KeyRecord }> {
  const { key, sha256: hash } = newSecret(id);
  const rotated = await changeKey(folder, id, (known) => {
    const until = new Date(now + graceHours * 3_600_000).toISOString();
    const [before] = known.secrets;
    return { ...known, secrets: [{ sha256: hash }, ...(graceHours > 0 ? [{ ...before!, until }] : [])] };
  });
  return { key, record: rotated };
}

export function revokeKey(folder: string, id: string, now: number): Promise<KeyRecord> {
  return changeKey(folder, id, (known) => ({ ...known, revoked: new Date(now).toISOString() }));
}

async function changeKey(folder: string, id: string, change: (known: KeyRecord) => KeyRecord): Promise<KeyRecord> {
  const keys = await readKeys(folder);
  const known = keys.find((one) => one.id === id);
  if (!known || known.revoked !== undefined) {
    const holding = keys.filter(({ revoked }) => revoked === undefined).map((one) => one.id);
    const message = `key: expected one of ${holding.join(', ') || 'none'}, got ${JSON.stringify(id)}.`;
    throw new ShelfwiseError('SW_USAGE', message, '`shelfwise key list` shows them all.');
  }
  const changed = change(known);
  await writeKey(folder, changed);
  return changed;
}

/** Knows who a key is, as the files say now. */
export class KeyRing {
  readonly #folder: string;
  /** A folder is another whenever a file in it is replaced. */
  readonly #watched: WatchedFile;
  readonly #now: () => number;
  #keys: Promise<ReadonlyMap<string, KeyRecord>> | undefined;

  constructor(folder: string, now: () => number) {
    this.#folder = folder;
    this.#watched = new WatchedFile(keysFolder(folder));
    this.#now = now;
  }

  /** True where there are keys at all, revoked ones among them: whoever made one wants no strangers. */
  async isLocked(): Promise<boolean> {
    return (await this.#read()).size > 0;
  }

  /** @throws ShelfwiseError `SW_KEY_MISSING` where it does not hold, `SW_KEY_SCOPE` where it is for something else */
  async holder(key: string | undefined, scope: Scope): Promise<KeyRecord> {
    const [, id = '', secret = ''] = /^sw_([0-9a-f]{12})_([\w-]{43})$/.exec(key ?? '') ?? [];
    const known = (await this.#read()).get(id);
    if (!known || known.revoked !== undefined || !this.#fits(known, secret)) {
      const got = key === undefined || key === '' ? 'none' : 'one that does not hold';
      const hint = 'Send `authorization: Bearer KEY`; `shelfwise key create` makes one.';
      throw new ShelfwiseError('SW_KEY_MISSING', `key: expected one of this shop, got ${got}.`, hint);
    }
    if (known.scopes.includes(scope) || known.scopes.includes('admin')) return known;
    const message = `key ${known.id}: expected the scope ${scope}, got ${known.scopes.join(', ')}.`;
    throw new ShelfwiseError('SW_KEY_SCOPE', message, 'Make a key for it with `shelfwise key create`.');
  }

  #fits({ secrets }: KeyRecord, secret: string): boolean {
    const hash = Buffer.from(sha256(secret), 'hex');
    return secrets.some(
      ({ sha256: own, until }) =>
        (until === undefined || Date.parse(until) > this.#now()) && timingSafeEqual(Buffer.from(own, 'hex'), hash),
    );
  }

  #read(): Promise<ReadonlyMap<string, KeyRecord>> {
    if (this.#watched.isSame() && this.#keys) return this.#keys;
    const reading = readKeys(this.#folder).then((keys) => new Map(keys.map((one) => [one.id, one])));
    this.#keys = reading;
    reading.catch(() => {
      if (this.#keys === reading) this.#keys = undefined;
    });
    return reading;
  }
}
