/** Ranges that every reader, model and file format can hold; the door (door.ts) keeps them. */
export const limits = {
  /** Characters of an id. */
  id: 512,
  /** Characters of a name or attribute. */
  name: 2_000,
  /** Characters of a description, a review, a search. */
  text: 100_000,
  quantity: 1e9,
  /** Smallest units of a currency. */
  priceMinor: 1e13,
  value: 1e9,
  position: 2_147_483_647,
  flags: 2_147_483_647,
  /** Milliseconds either side of 1970 that a calendar has. */
  time: 8.64e15,
} as const;
