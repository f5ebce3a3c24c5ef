/** Copies what the page of the API shows with beside its route in `dist`, with its licence: nothing is fetched at run time. */
import { copyFile, mkdir } from 'node:fs/promises';

const from = new URL('../node_modules/swagger-ui-dist/', import.meta.url);
const to = new URL('../dist/server/swagger-ui/', import.meta.url);
await mkdir(to, { recursive: true });
for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE'])
  await copyFile(new URL(name, from), new URL(name, to));
