/** Copies what lies beside sources and is no source into `dist`: the page of the API with its licence, the bilingual table. */
import { cp, mkdir } from 'node:fs/promises';

const swagger = new URL('../node_modules/swagger-ui-dist/', import.meta.url);
const page = new URL('../dist/server/swagger-ui/', import.meta.url);
await mkdir(page, { recursive: true });
for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE'])
  await cp(new URL(name, swagger), new URL(name, page));

const table = 'encoders/text/bilingual-table/';
await cp(new URL(`../src/${table}`, import.meta.url), new URL(`../dist/${table}`, import.meta.url), {
  recursive: true,
});
