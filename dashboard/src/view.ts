/** What a view of the page is: where it stands, what it reads, and how it looks. */
import type { ComponentType } from 'preact';
import type { Api } from './api.ts';
import type { Formats, Language, Words } from './words/words.ts';

/** Parts of an address by name. */
export type Params = Readonly<Record<string, string>>;

/** What every view is given beside its data. */
export interface Desk {
  readonly api: Api;
  readonly words: Words;
  readonly formats: Formats;
  readonly language: Language;
  /** True where clicks may be recorded as a shopper's from the start, as in the demo. */
  readonly acts: boolean;
  /** Goes to another address of the page. */
  readonly go: (path: string) => void;
}

export interface ViewProps<Data> {
  readonly data: Data;
  readonly params: Params;
  readonly desk: Desk;
}

export interface View<Data> {
  /** Of its section in the navigation. */
  readonly section: 'shoppers' | 'catalogue' | 'data' | 'training';
  /** As in `/shoppers/:userId`. */
  readonly path: string;
  load(api: Api, params: Params, desk: Pick<Desk, 'language' | 'acts'>): Promise<Data>;
  readonly Page: ComponentType<ViewProps<Data>>;
}

// biome-ignore lint/suspicious/noExplicitAny: a table of views of different data
export type AnyView = View<any>;
