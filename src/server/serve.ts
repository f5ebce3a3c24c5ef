/** Listens with the API of a shop, and stops without breaking off what it began. */
import { ShelfwiseError } from '../core/errors.ts';
import { createApp, type ServerOptions } from './app.ts';
import { readKeys } from './keys.ts';
import { isLoopback } from './loopback.ts';

export interface ServeOptions extends ServerOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free one. @default 8078 */
  readonly port?: number;
}

export interface RunningServer {
  /** As `http://127.0.0.1:8078`. */
  readonly address: string;
  /** Takes no more requests, finishes those it took, and resolves. */
  close(): Promise<void>;
}

export const defaultPort = 8078;

/**
 * @throws ShelfwiseError `SW_USAGE` where others could reach it and it has no keys, or the address cannot be listened on
 */
export async function serve({
  host = '127.0.0.1',
  port = defaultPort,
  ...options
}: ServeOptions): Promise<RunningServer> {
  if (!isLoopback(host) && !(await readKeys(options.shop.folder)).some(({ revoked }) => revoked === undefined)) {
    const message = `--host ${host}: expected keys before others can reach the server, got a shop without any.`;
    throw new ShelfwiseError('SW_USAGE', message, 'Run `shelfwise key create --scope admin` first.');
  }
  const app = await createApp(options);
  const address = await app.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EADDRNOTAVAIL' && error.code !== 'EACCES') throw error;
    const message = `--host ${host} --port ${port}: expected a free address of this machine, got ${error.code}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'Name another port, or 0 for any that is free.', {}, error);
  });
  // The first shopper does not wait for the models.
  options.shop.recommend({ count: 1, explain: false, log: false }).catch(() => undefined);
  return { address, close: () => app.close() };
}
