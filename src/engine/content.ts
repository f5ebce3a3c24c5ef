/** What the texts of a shop's products say: a space that is fitted when the shop trains, and follows the catalogue as it serves. */
import { join } from 'node:path';
import type { Product } from '../data/catalogue.ts';
import type { CatalogueStore } from '../data/catalogue-store.ts';
import type { ItemVectors } from '../data/item-vectors.ts';
import { ContentSpace } from '../encoders/content/content-space.ts';
import type { EncoderChoice } from '../encoders/text/encoder-choice.ts';
import type { TextEncoder } from '../encoders/text/text-encoder.ts';
import type { Compute } from '../models/model.ts';
import { loadState, saveState } from '../models/state-file.ts';

/** The port that opens encoders; undefined for `none`. */
export type OpenEncoder = (choice: EncoderChoice) => Promise<TextEncoder | undefined>;

/** As a training makes it. */
export interface Content {
  readonly space: ContentSpace;
  /** Of the products, by item index. */
  readonly vectors: ItemVectors;
}

export interface ContentRequest {
  readonly choice: EncoderChoice;
  readonly openEncoder: OpenEncoder;
  readonly compute: Compute;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
}

/** @returns undefined where the settings want no encoder, or no product has a text */
export async function fitContent(
  products: readonly (Product | undefined)[],
  { choice, openEncoder, ...options }: ContentRequest,
): Promise<Content | undefined> {
  if (!products.some((product) => product !== undefined)) return undefined;
  const encoder = await openEncoder(choice);
  return encoder && ContentSpace.fit(products, encoder, options);
}

const slot = 'content';

/** Into the folder of a generation. */
export function saveContent(folder: string, { space }: Content): Promise<void> {
  return saveState(join(folder, slot), space.state());
}

/** How a training saw the catalogue. */
export interface ContentRecord {
  readonly encoder: EncoderChoice;
  /** Of the catalogue when it was read. */
  readonly catalogueVersion: number;
}

/** What failed is tried again after this time. */
export const retryMs = 60_000;

/** Places texts in the space of a generation; the encoder is opened when the first text comes. */
export class ServingContent {
  readonly record: ContentRecord;
  readonly #folder: string;
  readonly #openEncoder: OpenEncoder;
  readonly #store: Pick<CatalogueStore, 'product' | 'catalogueChanges'>;
  #space: Promise<ContentSpace> | undefined;
  #failedAt = -Infinity;
  /** Why texts are not read now. */
  #failure: string | undefined;

  constructor(
    folder: string,
    record: ContentRecord,
    { openEncoder, store }: { openEncoder: OpenEncoder; store: Pick<CatalogueStore, 'product' | 'catalogueChanges'> },
  ) {
    this.#folder = folder;
    this.record = record;
    this.#openEncoder = openEncoder;
    this.#store = store;
  }

  /** Why texts are not read now; undefined where they are. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Ids of products that changed since the training; none where that is not known any more. */
  async changed(): Promise<readonly string[]> {
    return (await this.#store.catalogueChanges(this.record.catalogueVersion))?.products ?? [];
  }

  /** Of the products that there are and have a text; undefined where the encoder fails. */
  async vectorsOf(ids: readonly string[]): Promise<ReadonlyMap<string, Float32Array> | undefined> {
    return this.#tried(async (space) => {
      const products: Product[] = [];
      for (const id of ids) {
        const product = await this.#store.product(id);
        if (product) products.push(product);
      }
      const made = await space.vectorsOf(products);
      const d = space.dimensions;
      const rows = products.map(({ productId }, n) => [productId, made.subarray(n * d, (n + 1) * d)] as const);
      return new Map(rows.filter(([, vector]) => vector.some((value) => value !== 0)));
    });
  }

  /** Of what a shopper typed; undefined where it says nothing, or the encoder fails. */
  async question(text: string): Promise<Float32Array | undefined> {
    const vector = await this.#tried((space) => space.vectorOfQuestion(text));
    return vector?.some((value) => value !== 0) ? vector : undefined;
  }

  async #tried<T>(work: (space: ContentSpace) => Promise<T>): Promise<T | undefined> {
    if (performance.now() - this.#failedAt < retryMs) return undefined;
    try {
      this.#space ??= this.#open();
      const made = await work(await this.#space);
      this.#failure = undefined;
      return made;
    } catch (error) {
      this.#space = undefined;
      this.#failedAt = performance.now();
      this.#failure = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  async #open(): Promise<ContentSpace> {
    const encoder = await this.#openEncoder(this.record.encoder);
    if (!encoder) throw new TypeError('expected an encoder');
    return ContentSpace.load(await loadState(join(this.#folder, slot)), encoder);
  }
}
