/**
 * The tables of `shop.sqlite` and the steps from one schema version to the next. Raw user and visitor ids stand in
 * `persons` alone; everywhere else a random 48-bit key stands for the person.
 */

import { eventKinds } from '../../data/events.ts';

/** `PRAGMA application_id` of a shop: the letters SWSH. */
export const applicationId = 0x53575348;

/** Step i takes a database from schema version i to i + 1; a step that is released never changes again. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE shop (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
  CREATE TABLE lease (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    token TEXT, pid INTEGER, host TEXT, since INTEGER, expires INTEGER NOT NULL DEFAULT 0,
    wanted INTEGER NOT NULL DEFAULT 0
  );
  INSERT INTO lease (id) VALUES (1);

  CREATE TABLE persons (
    kind INTEGER NOT NULL, id TEXT NOT NULL, person INTEGER NOT NULL, joined INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE TABLE aliases (person INTEGER PRIMARY KEY, canonical INTEGER NOT NULL);
  CREATE INDEX aliases_by_canonical ON aliases (canonical);
  CREATE TABLE profiles (person INTEGER PRIMARY KEY, attributes TEXT NOT NULL);

  CREATE TABLE events (
    arrival INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, time INTEGER NOT NULL,
    person INTEGER NOT NULL, session INTEGER, product_id TEXT, variant_id TEXT, quantity REAL, price_minor INTEGER,
    currency TEXT, device TEXT, place TEXT, referrer TEXT, text TEXT, value REAL, recommendation_id TEXT,
    position INTEGER, flags INTEGER NOT NULL
  );
  CREATE INDEX events_by_person ON events (person);

  CREATE TABLE products (
    product_id TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT, categories TEXT NOT NULL, brand TEXT,
    attributes TEXT NOT NULL, images TEXT NOT NULL, language TEXT, hidden INTEGER, created_time INTEGER
  );
  CREATE TABLE variants (
    variant_id TEXT PRIMARY KEY, product_id TEXT NOT NULL, place_in_product INTEGER NOT NULL, options TEXT NOT NULL,
    gtin TEXT
  ) WITHOUT ROWID;
  CREATE INDEX variants_by_product ON variants (product_id, place_in_product);
  CREATE TABLE facts (
    fact INTEGER NOT NULL, variant_id TEXT NOT NULL, place TEXT NOT NULL, since INTEGER NOT NULL,
    price_minor INTEGER, currency TEXT, list_price_minor INTEGER, units_on_hand REAL, promotion_id TEXT, discount REAL,
    PRIMARY KEY (fact, variant_id, place, since)
  ) WITHOUT ROWID;

  CREATE TABLE segments (
    seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL, filter_bytes INTEGER NOT NULL, filter_sha256 TEXT NOT NULL, first_time INTEGER NOT NULL,
    last_time INTEGER NOT NULL
  );
  CREATE TABLE imports (seq INTEGER PRIMARY KEY, import_id TEXT NOT NULL UNIQUE, report TEXT NOT NULL);
  CREATE TABLE quarantines (
    import_id TEXT PRIMARY KEY, file TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL
  );
  `,
  `
  CREATE TABLE person_keys (person INTEGER PRIMARY KEY);
  INSERT INTO person_keys SELECT person FROM persons UNION SELECT person FROM aliases UNION SELECT canonical FROM aliases
    UNION SELECT person FROM profiles UNION SELECT person FROM events WHERE person < 281474976710656;
  DELETE FROM shop WHERE key = 'next_person';
  UPDATE shop SET key = 'version' WHERE key = 'generation';
  CREATE TABLE removals (file TEXT PRIMARY KEY);
  `,
  `
  CREATE TABLE former_descriptions (
    product_id TEXT NOT NULL, until INTEGER NOT NULL, categories TEXT NOT NULL, brand TEXT, attributes TEXT NOT NULL,
    PRIMARY KEY (product_id, until)
  ) WITHOUT ROWID;
  DROP TABLE lease;
  CREATE TABLE leases (
    name TEXT PRIMARY KEY, token TEXT, tag TEXT, pid INTEGER, host TEXT, since INTEGER,
    beat INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  INSERT INTO leases (name) VALUES ('writer'), ('training');
  ALTER TABLE persons ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE arrivals (batch INTEGER PRIMARY KEY AUTOINCREMENT, tag TEXT NOT NULL, arrived INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE arriving (
    batch INTEGER NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL,
    PRIMARY KEY (batch, place)
  ) WITHOUT ROWID;
  CREATE INDEX arriving_by_key ON arriving (kind, key) WHERE key <> '';
  `,
  `
  ALTER TABLE imports ADD COLUMN batch INTEGER;
  ALTER TABLE imports ADD COLUMN first_arrival INTEGER;
  ALTER TABLE imports ADD COLUMN last_arrival INTEGER;
  ALTER TABLE products ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE profiles ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE facts ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE replaced (
    batch INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL, row_batch INTEGER NOT NULL,
    PRIMARY KEY (batch, kind, key)
  ) WITHOUT ROWID;
  CREATE INDEX replaced_of_batch ON replaced (row_batch, kind, key);
  `,
  `
  ALTER TABLE segments ADD COLUMN people_bytes INTEGER;
  ALTER TABLE segments ADD COLUMN people_sha256 TEXT;
  CREATE INDEX events_of_person ON events (person, time, arrival);
  DROP INDEX events_by_person;
  CREATE TABLE catalogue_changes (
    kind INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE INDEX catalogue_changes_by_version ON catalogue_changes (version);
  `,
];

export const schemaVersion: number = migrations.length;

/** `persons.kind`. */
export const personKinds = { user: 0, visitor: 1 } as const;

/** `facts.fact`. */
export const factCodes = { price: 0, stock: 1, promotion: 2 } as const;

/** SQL of a kind's index in `eventKinds`. */
export const kindCode: string = `CASE kind ${eventKinds.map((kind, code) => `WHEN '${kind}' THEN ${code}`).join(' ')} END`;
