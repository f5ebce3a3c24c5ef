/**
 * Writes src/client/api-types.ts from the OpenAPI document of the server, so that the client's types are the API's; with
 * `--check` it only compares and fails where they differ.
 *
 * node tools/write-client-types.ts [--check]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { memoryStore, openShop } from '../src/index.ts';
import { createApp } from '../src/server/app.ts';

const path = new URL('../src/client/api-types.ts', import.meta.url);
/** What is sent has this at the end of its name in the document. */
const sent = /Input$/;
/** What the client takes and gives; the names of the document follow from the schemas. */
const wanted = [
  ...['EventInput', 'ProductInput', 'ProductChangeInput', 'FactInput', 'UserInput', 'RecommendationRequestInput'],
  ...['Recommendation', 'RowResults', 'StoredProduct', 'StoredUser', 'Problem'],
  ...['History', 'Import', 'SetAsideRow', 'Training', 'Status'],
];

const folder = mkdtempSync(join(tmpdir(), 'client-types-'));
await using shop = await openShop({ store: memoryStore(), artefacts: folder });
const app = await createApp({ shop, version: '', now: Date.now });
await app.ready();
const document = app.swagger() as { components: { schemas: Record<string, unknown> } };
await app.close();
rmSync(folder, { recursive: true, force: true });

const { schemas } = document.components;
const definitions = Object.fromEntries(
  wanted.map((name) => {
    if (schemas[name] === undefined) throw new Error(`the document: expected ${name}, got ${Object.keys(schemas)}.`);
    return [name.replace(sent, ''), schemas[name]];
  }),
);
const names = Object.keys(definitions);
const root = {
  title: 'Api',
  type: 'object',
  additionalProperties: false,
  properties: refs(names),
  required: names,
  definitions,
};
const types = await compile(
  JSON.parse(JSON.stringify(root).replaceAll(/#\/components\/schemas\/(\w+?)(?:Input)?"/g, '#/definitions/$1"')),
  'Api',
  {
    additionalProperties: true,
    bannerComment:
      '/** The API as its OpenAPI document says. Written by `npm run docs:client`; not to be changed by hand. */',
    style: { singleQuote: true, printWidth: 120 },
    ignoreMinAndMaxItems: true,
  },
);
if (!process.argv.includes('--check')) writeFileSync(path, types);
else if (!existsSync(path) || readFileSync(path, 'utf8') !== types) {
  console.error('src/client/api-types.ts is not what the API says. Run `npm run docs:client`.');
  process.exitCode = 1;
}

function refs(all: readonly string[]): Record<string, object> {
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/definitions/${name}` }]));
}
