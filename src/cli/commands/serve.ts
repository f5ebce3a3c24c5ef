/** `shelfwise serve`: the shop's HTTP API, until it is told to stop. */
import type { CommandDef } from 'citty';
import { defaultPort } from '../../server/serve.ts';
import { command, numberFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';
import { serveShop } from '../serve-shop.ts';

export const serveCommand: CommandDef = command({
  name: 'serve',
  description: 'Serve the shop by HTTP; Ctrl-C or SIGTERM stops it when what it began is done.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    host: { type: 'string', description: 'Address to listen on; beyond loopback it needs keys.', default: '127.0.0.1' },
    port: { type: 'string', description: 'Port to listen on; 0 for any that is free.', default: String(defaultPort) },
    workers: { type: 'string', description: 'Threads that answer.', default: '1' },
    origin: { type: 'string', description: 'Origin of pages that may call it; may be given several times.' },
    'image-origin': { type: 'string', description: 'Origin of the catalogue’s pictures; may be given several times.' },
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
    await serveShop(
      shop,
      {
        host: args.host,
        port,
        requestsPerMinute,
        origins: repeated('origin'),
        imageOrigins: repeated('image-origin'),
        logLevel: args.log as string,
      },
      {
        ...{ output, signal },
        said: ({ address }) => [
          { address, docs: `${address}/docs` },
          [`Serving ${args.shop} at ${address} (open it in a browser)`, `The API is described at ${address}/docs`].join(
            '\n',
          ),
        ],
      },
    );
  },
});
