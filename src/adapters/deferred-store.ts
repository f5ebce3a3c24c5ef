/**
 * A store that is made by its first write. Until then reads are answered as of an empty shop, so that an import that is
 * refused leaves nothing behind, and nothing has to be deleted.
 */
import type { ShopStore } from '../data/shop-store.ts';
import { createMemoryStore } from './memory/memory-store.ts';

const writes = {
  appendEvents: true,
  putProducts: true,
  putUsers: true,
  putFacts: true,
  joinVisitor: true,
  commitImport: true,
} as const satisfies Partial<Record<keyof ShopStore, true>>;
const streams = { customers: true, products: true, facts: true, quarantined: true } as const satisfies Partial<
  Record<keyof ShopStore, true>
>;

/** @param open - opens the store that is there; makes it where there is none and `create` is set, else answers nothing */
export function deferredStore(open: (create: boolean) => Promise<ShopStore | undefined>): ShopStore {
  const empty = createMemoryStore();
  let opening: Promise<ShopStore | undefined> | undefined;
  const storeFor = async (name: string): Promise<ShopStore> => {
    const found = await opening?.catch(() => undefined);
    if (found) return found;
    opening = open(Object.hasOwn(writes, name));
    return (await opening) ?? empty;
  };
  const call = (store: ShopStore, name: string, given: unknown[]): unknown =>
    (Reflect.get(store, name) as (...given: unknown[]) => unknown).apply(store, given);
  return new Proxy({} as ShopStore, {
    get(_, name) {
      if (typeof name !== 'string' || name === 'then') return undefined;
      if (Object.hasOwn(streams, name))
        return async function* (...given: unknown[]) {
          yield* call(await storeFor(name), name, given) as AsyncIterable<unknown>;
        };
      if (name === 'close')
        return async () => {
          await (await opening?.catch(() => undefined))?.close();
          await empty.close();
        };
      return async (...given: unknown[]) => call(await storeFor(name), name, given);
    },
  });
}
