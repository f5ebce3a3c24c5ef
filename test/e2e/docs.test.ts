/** The pages show only what the package gives: imports, calls on a shop, comparisons, links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as client from '../../src/client/index.ts';
import * as encoders from '../../src/encoders.ts';
import * as shelfwise from '../../src/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');
const examples = pages.flatMap((page) =>
  [...textOf(page).matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => ({ page, code: code! })),
);

/** What the package exports, by the end of its address. */
const entries: Readonly<Record<string, object>> = { '': shelfwise, '/client': client, '/encoders': encoders };

test('examples import what the package exports, and call nothing else', async () => {
  expect(examples.length).toBeGreaterThan(3);
  // A shop's methods, from its class: no shop is needed to know them.
  const { Shop } = await import('../../src/engine/shop.ts');
  const methods = new Set(Object.getOwnPropertyNames(Shop.prototype));
  for (const { page, code } of examples) {
    const imported = new Set<string>();
    for (const [, names, from] of code.matchAll(/import \{([^}]*)\} from 'shelfwise(\/\w+)?'/g))
      for (const name of names!.split(',').map((one) => one.trim())) {
        expect(Object.keys(entries[from ?? '']!), page).toContain(name);
        imported.add(name);
      }
    const calls = code.replaceAll(/\/\/.*|'[^']*'/g, '');
    for (const [, name] of calls.matchAll(/(?<![.\w])([a-z]\w+)\(/g))
      if (!['for', 'if', 'await'].includes(name!)) expect([...imported], `${page}: ${name}()`).toContain(name);
    for (const [, name] of calls.matchAll(/\bshop\.(\w+)\(/g)) expect(methods, page).toContain(name);
    const ofClient = Object.getOwnPropertyNames(client.Client.prototype);
    for (const [, name] of calls.matchAll(/\bshelfwise\.(\w+)\(/g)) expect(ofClient, page).toContain(name);
  }
});

test('functions named in passing are exported or a shop’s', () => {
  for (const page of pages)
    for (const [, name] of textOf(page).matchAll(/`(\w{4,})\(\{/g))
      expect(Object.keys(shelfwise), `${page}: ${name}`).toContain(name);
});

test('links lead to files that are there', () => {
  for (const page of pages)
    for (const [, target] of textOf(page).matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(existsSync(join(root, dirname(page), target!)), `${page}: ${target}`).toBe(true);
});

test('every comparison is in the table of bench/README.md, and nothing else is', () => {
  const listed = [...textOf('bench/README.md').matchAll(/^\| `([a-z0-9-]+)`/gm)].map(([, name]) => name);
  const there = readdirSync(join(root, 'bench')).filter((name) => /^(?!run\.)[a-z0-9-]+\.ts$/.test(name));
  expect(listed).toEqual(there.map((name) => name.slice(0, -3)));
});
