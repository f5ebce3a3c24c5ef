/** Serves an open shop for a command, until the command is told to stop. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Shop } from '../engine/shop.ts';
import { type RunningServer, type ServeOptions, serve } from '../server/serve.ts';
import type { Output } from './output.ts';

const version: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

export interface ServeShopOptions extends Omit<ServeOptions, 'shop' | 'version' | 'now' | 'log'> {
  /** @default the machine's clock */
  readonly now?: () => number;
  readonly logLevel: string;
}

/** @param said - what is printed once it listens, by its address */
export async function serveShop(
  shop: Shop,
  { now = Date.now, logLevel, ...options }: ServeShopOptions,
  { output, signal, said }: { output: Output; signal: AbortSignal; said: (server: RunningServer) => [unknown, string] },
): Promise<void> {
  const log = logLevel === 'silent' ? {} : { log: { level: logLevel, stream: process.stderr } };
  const server = await serve({ shop, version, now, ...options, ...log });
  try {
    const [document, text] = said(server);
    output.result(document, () => text);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
  }
}
