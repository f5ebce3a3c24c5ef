import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import list from './data.json' with { type: 'json' };

const data = process.env['SHELFWISE_DATA'];
if (!data) console.log('checksums of public data: skipped, because SHELFWISE_DATA is not set');

describe('the list of public data', () => {
  test('names origin, licence, purpose and the checksum of every file', () => {
    for (const { name, origin, licence, usedFor, files } of list.sets) {
      expect(name).toMatch(/^[a-z0-9-]+$/);
      expect(origin).toMatch(/^https:\/\/github\.com\//);
      expect(licence).not.toBe('');
      expect(usedFor.length).toBeGreaterThan(0);
      expect(files.length).toBeGreaterThan(0);
      for (const { sha256 } of files) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(new Set(list.sets.map(({ name }) => name)).size).toBe(list.sets.length);
  });

  test.skipIf(!data)('agrees with the files in SHELFWISE_DATA', () => {
    const present = list.sets.filter(({ name }) => existsSync(join(data!, name)));
    expect(present.length).toBeGreaterThan(0);
    for (const { name, files } of present) {
      for (const { path, bytes } of files)
        expect([name, path, statSync(join(data!, name, path)).size]).toEqual([name, path, bytes]);
    }
    // Reading every byte of the small ones is enough to notice that a copy was changed.
    const small = present.flatMap(({ name, files }) =>
      files.filter(({ bytes }) => bytes < 1e6).map((f) => ({ name, ...f })),
    );
    for (const { name, path, sha256 } of small) {
      expect([
        name,
        path,
        createHash('sha256')
          .update(readFileSync(join(data!, name, path)))
          .digest('hex'),
      ]).toEqual([name, path, sha256]);
    }
  });
});
