/** The port of a shop's people: which key stands for which raw id, which visitor is which customer, and who is forgotten. */
import type { PutResult } from './catalogue-store.ts';
import type { UserProfile } from './events.ts';

export interface PersonStore {
  /** One answer per row, in order: what does not pass the door is refused by itself. */
  putUsers(users: readonly UserProfile[]): Promise<PutResult[]>;
  /** Joins an anonymous visitor's history to a customer; also done whenever an event carries both ids. */
  joinVisitor(visitorId: string, userId: string): Promise<void>;
  /** The person key of a raw user or visitor id; undefined where never seen. */
  personOf(id: { readonly userId?: string; readonly visitorId?: string }): Promise<number | undefined>;
  user(userId: string): Promise<UserProfile | undefined>;
  /** Raw ids of all customers, in the order of their ids, each with the person key. @param after - those after this id */
  customers(after?: string): AsyncIterable<{ readonly userId: string; readonly person: number }>;
  /** Deletes the person's raw ids and profile; what remains is under a key that stands for nobody. */
  forget(userId: string): Promise<boolean>;
}
