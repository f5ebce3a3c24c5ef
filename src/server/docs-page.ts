/** /openapi.json, and a page that shows it: from files of the package, with nothing fetched from elsewhere. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ShelfwiseError } from '../core/errors.ts';
import type { App } from './api.ts';

/** Copied there by the build; a clone has them among its packages. */
const places = ['./swagger-ui/', '../../node_modules/swagger-ui-dist/'].map((place) => new URL(place, import.meta.url));
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};
const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });`;
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Shelfwise API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<main id="api"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function docsPage(app: App): void {
  const config = { scope: 'open' } as const;
  const schema = { hide: true };
  app.get('/openapi.json', { config, schema }, async (_, reply) => reply.send(app.swagger()));
  app.get('/docs', { config, schema }, async (_, reply) =>
    reply
      .headers({ 'content-security-policy': policy, 'x-content-type-options': 'nosniff' })
      .type('text/html')
      .send(page),
  );
  app.get('/docs/start.js', { config, schema }, async (_, reply) => reply.type('text/javascript').send(start));
  for (const [name, type] of Object.entries(files))
    app.get(`/docs/${name}`, { config, schema }, async (_, reply) => reply.type(type).send(await asset(name)));
}

async function asset(name: string): Promise<Buffer> {
  const found = places.map((place) => fileURLToPath(new URL(name, place))).find((path) => existsSync(path));
  if (found !== undefined) return readFile(found);
  throw new ShelfwiseError('SW_PART_MISSING', `/docs/${name}: expected it in the package, got none.`, 'Install again.');
}
