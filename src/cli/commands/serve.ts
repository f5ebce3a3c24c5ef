/** `shelfwise serve`: the shop's HTTP API, until it is told to stop. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { CommandDef } from 'citty';
import { defaultPort, serve } from '../../server/serve.ts';
import { command, numberFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';

const version: string = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version;

export const serveCommand: CommandDef = command({
  name: 'serve',
  description: 'Serve the shop by HTTP; Ctrl-C or SIGTERM stops it when what it began is done.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    host: { type: 'string', description: 'Address to listen on; beyond loopback it needs keys.', default: '127.0.0.1' },
    port: { type: 'string', description: 'Port to listen on; 0 for any that is free.', default: String(defaultPort) },
    workers: { type: 'string', description: 'Threads that answer.', default: '1' },
    origin: { type: 'string', description: 'Origin of pages that may call it; may be given several times.' },
    rate: { type: 'string', description: 'Requests that a key may send in a minute.', default: '60000' },
    log: {
      type: 'enum',
      options: ['silent', 'error', 'warn', 'info', 'debug'],
      description: 'What is logged on stderr.',
      default: 'info',
    },
  },
  async run({ args, repeated, output, signal }) {
    const port = numberFlag('port', args.port, { min: 0, max: 65_535 })!;
    const workers = numberFlag('workers', args.workers, { min: 1, max: 64 })!;
    const requestsPerMinute = numberFlag('rate', args.rate, { min: 1, max: 1e9 })!;
    await using shop = await openShopFor(output, args.shop, { workers });
    const server = await serve({
      ...{ shop, version, now: Date.now, host: args.host, port, requestsPerMinute },
      origins: repeated('origin'),
      ...(args.log !== 'silent' && { log: { level: args.log as string, stream: process.stderr } }),
    });
    output.result({ address: server.address, docs: `${server.address}/docs` }, () =>
      [`Serving ${args.shop} at ${server.address}`, `The API is described at ${server.address}/docs`].join('\n'),
    );
    try {
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await server.close();
    }
  },
});
