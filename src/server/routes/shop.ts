/** What the shop holds and how it came to be: counts, imports with what cleaning set aside, training. */
import { basename } from 'node:path';
import { z } from 'zod';
import { ShelfwiseError } from '../../core/errors.ts';
import type { ImportReport } from '../../data/import-log.ts';
import type { Shop } from '../../engine/shop.ts';
import { type App, problems } from '../api.ts';
import { pageCount } from '../schemas.ts';
import {
  type ImportAnswer,
  importAnswer,
  type SetAsideRow,
  setAsideRow,
  statusAnswer,
  trainingAnswer,
} from '../shop-schemas.ts';
import { TrainingDesk } from '../training-desk.ts';

const tags = ['shop'];
const config = { scope: 'admin' } as const;

export function shopRoutes(app: App, shop: Shop): void {
  const desk = new TrainingDesk(shop, (error) => app.log.error({ err: error }, 'training failed'));
  app.addHook('onClose', () => desk.close());
  app.get(
    '/v1/status',
    { config, schema: { summary: 'What the shop holds', tags, response: { 200: statusAnswer, ...problems } } },
    async () => {
      const { products, variants, people, liveEvents, sealedEvents, firstTime, lastTime, generation } =
        await shop.status();
      return {
        ...{ products, variants, people, events: liveEvents + sealedEvents },
        ...(firstTime !== undefined && { firstTime }),
        ...(lastTime !== undefined && { lastTime }),
        ...(generation !== undefined && { generation }),
      };
    },
  );
  app.get(
    '/v1/imports',
    {
      config,
      schema: {
        summary: 'Imports, the newest first',
        tags,
        response: { 200: z.object({ imports: z.array(importAnswer) }), ...problems },
      },
    },
    async () => ({ imports: (await shop.status()).imports.map(answerOf).reverse() }),
  );
  app.get(
    '/v1/imports/:importId/set-aside',
    {
      config,
      schema: {
        summary: 'Rows that cleaning set aside',
        description: 'As they stood in the files, with the step that took them and why.',
        tags,
        params: z.object({ importId: z.string().min(1) }),
        querystring: z.strictObject({ step: z.string().min(1).optional(), count: pageCount }),
        response: { 200: z.object({ rows: z.array(setAsideRow) }), ...problems },
      },
    },
    async ({ params: { importId }, query: { step, count = '100' } }) => {
      if (!(await shop.status()).imports.some((one) => one.importId === importId)) notFound();
      const rows: SetAsideRow[] = [];
      const limit = Number(count);
      for await (const row of shop.quarantined({ importId, limit, ...(step !== undefined && { step }) })) {
        rows.push({ ...row, file: basename(row.file) });
        if (rows.length === limit) break;
      }
      return { rows };
    },
  );
  app.get(
    '/v1/training',
    {
      config,
      schema: {
        summary: 'How the training goes, and what the last one measured',
        tags,
        response: { 200: trainingAnswer, ...problems },
      },
    },
    () => desk.answer(),
  );
  app.post(
    '/v1/training',
    {
      config,
      schema: {
        summary: 'Train on what has come since',
        description:
          'Answered at once; the models before answer shoppers until the new ones are ready. Where one runs, it goes on.',
        tags,
        response: { 202: trainingAnswer, ...problems },
      },
    },
    async (_, reply) => {
      desk.start();
      return reply.code(202).send(await desk.answer());
    },
  );
}

/** Names of files, not where they lay. */
function answerOf(report: ImportReport): ImportAnswer {
  const { importId, files, kind, rowsRead, eventsKept, productsKept, usersKept, factsKept, steps, notes } = report;
  return {
    ...{ importId, kind, rowsRead, eventsKept, productsKept, usersKept, factsKept },
    files: files.map(({ path }) => basename(path)),
    steps: steps.map(({ step, matched, acted, action }) => ({ step, matched, acted, action })),
    ...(notes && { notes: [...notes] }),
  };
}

function notFound(): never {
  const message = 'importId: expected an import of the shop, got another id.';
  throw new ShelfwiseError('SW_NOT_FOUND', message, 'GET /v1/imports lists them.', { field: 'importId' });
}
