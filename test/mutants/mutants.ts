/**
 * Faults that a test must notice: each is one edit of a source file (the text before, which stands there exactly once,
 * and the text after) and the tests nearest to it. `npm run mutants` applies them one by one to a copy of the project and
 * fails where the tests still pass. A new capability brings the mutant that stands for its absence: a constant,
 * popularity, shuffled input, a setting that is ignored.
 */
export interface Mutant {
  /** What would be wrong. */
  readonly name: string;
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** Test files. */
  readonly tests: readonly string[];
}

const decisions = ['src/engine/shop-decisions.test.ts'];
const signals = ['src/selection/signals/signals.test.ts'];
const stores = ['test/contract/shop-store.test.ts'];

export const mutants: readonly Mutant[] = [
  // The order of events
  {
    name: 'events of a filter come as their row groups are read',
    file: 'src/adapters/sqlite/event-reader.ts',
    before: ' ORDER BY place, time, arrival',
    after: '',
    tests: stores,
  },
  {
    name: 'people are ordered by their random keys on disk',
    file: 'src/adapters/sqlite/event-reader.ts',
    before: 'ORDER BY first, person) AS place',
    after: 'ORDER BY person) AS place',
    tests: ['src/engine/same-shop.test.ts'],
  },
  {
    name: 'people are ordered by their keys in memory',
    file: 'src/adapters/memory/memory-store.ts',
    before: 'byFirst(firsts.get(a.person)!, firsts.get(b.person)!) ||',
    after: '',
    tests: stores,
  },
  {
    name: 'a person key is given twice',
    file: 'src/adapters/sqlite/persons.ts',
    before: 'if (this.#drawn.has(person) || (this.#hasKeys && this.#isGiven(person))) continue;',
    after: '',
    tests: ['src/adapters/sqlite/persons.test.ts'],
  },

  // Signals and the choice
  {
    name: 'the signal of the hour and weekday is zeros',
    file: 'src/selection/signals/time-of-week.ts',
    before: 'out[from + s] = Math.log(',
    after: 'out[from + s] = 0 * Math.log(',
    tests: signals,
  },
  {
    name: 'the signal of the visit is zeros',
    file: 'src/selection/signals/visit.ts',
    before: 'out[to] = length;\n      out[to + 1] = repeats;\n      out[to + 2] = sharpness;',
    after: 'out[to] = 0;\n      out[to + 1] = 0;\n      out[to + 2] = 0;',
    tests: signals,
  },
  {
    name: 'P(c|u) is uniform',
    file: 'src/selection/learned-selection.ts',
    before: 'probabilities: softmax(q)',
    after: 'probabilities: softmax(new Float64Array(q.length))',
    tests: ['src/selection/learned-selection.test.ts'],
  },
  {
    name: 'the choice learns nothing: models count alike',
    file: 'src/selection/fit-learned-selection.ts',
    before: "const asked = teach.offsets.length > 1 ? settings.form : 'equal-weights';",
    after: "const asked = 'equal-weights' as ChoiceForm | 'auto';",
    tests: ['src/selection/learned-selection.test.ts'],
  },

  // What a merchant decides
  {
    name: 'how often customers buy again is never known',
    file: 'src/engine/repeat-buying.ts',
    before: 'return later > 0 ? repeats / later : undefined;',
    after: 'return later > 1e9 ? repeats / later : undefined;',
    tests: ['src/engine/repeat-buying.test.ts'],
  },
  {
    name: 'a configured excludeBoughtDays is ignored',
    file: 'src/engine/repeat-buying.ts',
    before: "if (slate.excludeBoughtDays !== 'auto') return slate.excludeBoughtDays;",
    after: '',
    tests: decisions,
  },
  {
    name: 'what was bought lately stays on the slate',
    file: 'src/engine/shop-selection.ts',
    before: 'now - times![p]! < days * dayMs',
    after: 'now - times![p]! < 0 * days * dayMs',
    tests: decisions,
  },
  {
    name: 'slates are not diversified',
    file: 'src/engine/shop-selection.ts',
    before: '...(similarity && { similarity })',
    after: '',
    tests: decisions,
  },
  {
    name: 'eventWeights are ignored in training',
    file: 'src/engine/shop-data.ts',
    before: '    weights: eventWeights,\n',
    after: '',
    tests: decisions,
  },
  {
    name: 'eventWeights are ignored in requests',
    file: 'src/engine/recommend.ts',
    before: "shopHistories(events, index, { weights, targets: ['purchase'] })",
    after: "shopHistories(events, index, { targets: ['purchase'] })",
    tests: decisions,
  },
  {
    name: 'target is ignored',
    file: 'src/engine/shop-data.ts',
    before: "target === 'auto' ? undefined : [target]",
    after: 'undefined',
    tests: decisions,
  },
  {
    name: 'training seals nothing',
    file: 'src/engine/training.ts',
    before: 'if ((await store.status()).liveEvents < fewLiveEvents) return 0;',
    after: 'if (fewLiveEvents > 0) return 0;',
    tests: decisions,
  },
  {
    name: 'sealAfterDays is ignored',
    file: 'src/engine/training.ts',
    before: 'recentEnd(times!) - sealAfterDays * dayMs',
    after: 'recentEnd(times!) - 30 * dayMs',
    tests: decisions,
  },

  // One selection: what is measured is what is shown
  {
    name: 'the report measures the pure order, not the composed slate',
    file: 'src/selection/compose/slate-scorer.ts',
    before: 'row[item] = most + items.length - place;',
    after: 'row[item] = row[item]! + 0 * place * most;',
    tests: decisions,
  },
  {
    name: 'the report has a relevance of its own',
    file: 'src/engine/shop-selection.ts',
    before: '    relevance: slate.relevance,\n    count',
    after: '    count',
    tests: decisions,
  },
  {
    name: 'the report ranks what slates leave out',
    file: 'src/engine/shop-selection.ts',
    before: 'items: boughtLately(query, now, boughtDays),',
    after: '',
    tests: decisions,
  },
  {
    name: 'a past visit is offered what could not be bought then',
    file: 'src/engine/shop-selection.ts',
    before: 'allowed: offers.allowedAt(now),',
    after: '',
    tests: decisions,
  },
  {
    name: 'a past visit sees the prices of today',
    file: 'src/engine/shop-selection.ts',
    before: 'offers.priceAt(item, now)',
    after: 'offers.priceAt(item, Infinity)',
    tests: decisions,
  },
  {
    name: 'the usual price is that of the future',
    file: 'src/engine/shop-selection.ts',
    before: 'offers.priceAt(item, before)',
    after: 'offers.priceAt(item, Infinity)',
    tests: decisions,
  },
  {
    name: 'prices are missing in requests',
    file: 'src/engine/recommend.ts',
    before: ', priceOf: (item: number) => prices[item] ?? Number.NaN',
    after: '',
    tests: decisions,
  },
  {
    name: 'what the shop decides by itself, it decides from the future',
    file: 'src/engine/repeat-buying.ts',
    before: ' || times![p]! >= before',
    after: '',
    tests: ['src/engine/repeat-buying.test.ts'],
  },

  // What a request says
  {
    name: 'stock of the place is ignored',
    file: 'src/engine/recommend.ts',
    before: 'index.products.map((id) => view.offer(id, place))',
    after: 'index.products.map((id) => view.offer(id, everywhere))',
    tests: decisions,
  },
  {
    name: 'prices of the place are ignored',
    file: 'src/engine/recommend.ts',
    before: 'slateItem(view.offer(index.products[item]!, place),',
    after: 'slateItem(view.offer(index.products[item]!, everywhere),',
    tests: decisions,
  },
  {
    name: 'what is looked at and in the cart is ignored',
    file: 'src/engine/recommend.ts',
    before: '].flatMap(([id, kind]) => {',
    after: '].slice(0, 0).flatMap(([id, kind]) => {',
    tests: ['src/engine/shop.test.ts'],
  },

  // The catalogue and reasons
  {
    name: 'attributes are missing in training',
    file: 'src/engine/shop-selection.ts',
    before: '...(attributes && { attributes }),',
    after: '',
    tests: decisions,
  },
  {
    name: 'prices are missing in training',
    file: 'src/engine/shop-selection.ts',
    before: '...(priceMinor.some((price) => price > 0) && { priceMinor }),',
    after: '',
    tests: decisions,
  },
  {
    name: 'a past visit is taught with the attributes of today',
    file: 'src/data/item-attributes.ts',
    before: 'if (time < this.#until[n]!) return this.itemCount + n;',
    after: '',
    tests: signals,
  },
  {
    name: 'a past slate is composed with the attributes of today',
    file: 'src/selection/compose/slate-scorer.ts',
    before: 'this.#similarityAt?.(queries[n]!.now)',
    after: 'this.#similarityAt?.()',
    tests: ['src/selection/composites.test.ts'],
  },
  {
    name: 'the catalogue forgets how a product was described',
    file: 'src/adapters/sqlite/catalogue-rows.ts',
    before: '  keepDescription(database, product, now);',
    after: '',
    tests: stores,
  },
  {
    name: 'attributes are missing in serving',
    file: 'src/engine/recommend.ts',
    before: 'attributesOf(index.products, view.products)',
    after: 'undefined',
    tests: decisions,
  },
  {
    name: 'bought and looked at are lost in reasons',
    file: 'src/engine/recommend.ts',
    before: '...(did && { did })',
    after: '',
    tests: decisions,
  },
  {
    name: 'no slate has reasons',
    file: 'src/selection/explain/reasons.ts',
    before: 'if (said && !repeated) reasons.push',
    after: 'if (said && repeated) reasons.push',
    tests: decisions,
  },

  // Nothing is deleted
  {
    name: 'an emptied database is taken for a new shop',
    file: 'src/adapters/sqlite/database.ts',
    before: 'if (tables === 0 && traces.length > 0)',
    after: 'if (tables === 1e9 && traces.length > 0)',
    tests: ['src/adapters/sqlite/shop-store.test.ts'],
  },
  {
    name: 'an older database is taken for the shop’s',
    file: 'src/adapters/sqlite/manifest.ts',
    before: 'if (manifest.version > (version ?? 0))',
    after: 'if (manifest.version > 1e9 + (version ?? 0))',
    tests: ['src/adapters/sqlite/shop-store.test.ts'],
  },
  {
    name: 'unknown files of our own names are deleted',
    file: 'src/adapters/sqlite/lost-files.ts',
    before: '    moveAside(shopFolder, `${part}/${name}`);',
    after: '    renameSync(join(shopFolder, part, name), join(shopFolder, `.${name}`));',
    tests: ['src/adapters/sqlite/shop-store.test.ts'],
  },
  {
    name: 'files of other names are taken for ours',
    file: 'src/adapters/sqlite/lost-files.ts',
    before: 'if (known.has(name) || !own.test(name)) continue;',
    after: 'if (known.has(name) || own.test(`${name}?`)) continue;',
    tests: ['src/adapters/sqlite/shop-store.test.ts'],
  },
  {
    name: 'repair trusts a segment whose bytes changed',
    file: 'src/adapters/sqlite/repair-shop.ts',
    before: 'existsSync(path) && (await fileSha256(path)) === sha256;',
    after: 'existsSync(path) && (await fileSha256(path)) !== `x${sha256}`;',
    tests: ['src/adapters/sqlite/repair-shop.test.ts'],
  },
  {
    name: 'repair leaves live events that are sealed as well',
    file: 'src/adapters/sqlite/repair-shop.ts',
    before: "for (const { event_id } of sealed) database.run('DELETE FROM events WHERE event_id = ?', event_id);",
    after: 'void sealed;',
    tests: ['src/adapters/sqlite/repair-shop.test.ts'],
  },

  // One door
  {
    name: 'an event passes whatever it holds',
    file: 'src/data/door.ts',
    before: "return refusal('event', eventShape, event as ShopEvent);",
    after: 'return event ? undefined : undefined;',
    tests: stores,
  },
  {
    name: 'times of the future are recorded',
    file: 'src/engine/shop.ts',
    before: 'if (time >= earliestTime && time <= now + maxSkewHours * 3_600_000) return undefined;',
    after: 'if (time >= earliestTime && time <= Infinity * maxSkewHours) return undefined;',
    tests: ['src/engine/hostile-values.test.ts'],
  },
  {
    name: 'impossible values of files are kept',
    file: 'src/data/import/cleaning/impossible-values.ts',
    before: '[`abs(quantity) > ${limits.quantity}`',
    after: '[`abs(quantity) > 1e300 * ${limits.quantity}`',
    tests: ['src/engine/hostile-values.test.ts'],
  },
  {
    name: 'deleting leaves what is sealed',
    file: 'src/adapters/sqlite/delete-events.ts',
    before: 'for (const old of segments.list()) {',
    after: 'for (const old of segments.list().slice(0, 0)) {',
    tests: stores,
  },
  {
    name: 'recency is measured from the newest event',
    file: 'src/data/recent-end.ts',
    before: 'const share = 0.999;',
    after: 'const share = 1;',
    tests: ['src/data/recent-end.test.ts'],
  },

  // Amounts
  {
    name: 'stock below zero is dropped',
    file: 'src/data/import/kinds/generic.ts',
    before: "if (!Number.isNaN(stock)) sink.fact({ fact: 'stock'",
    after: "if (stock >= 0) sink.fact({ fact: 'stock'",
    tests: ['src/engine/hostile-values.test.ts'],
  },
  {
    name: 'columns of one name are one',
    file: 'src/data/import/readers/open-rows.ts',
    before: 'distinctNames(head.fields.map((field) => field.trim()))',
    after: 'head.fields.map((field) => field.trim())',
    tests: ['src/engine/hostile-values.test.ts'],
  },
  {
    name: 'events that were known count as kept',
    file: 'src/adapters/sqlite/import-commit.ts',
    before: 'eventsKept: hashes.length,',
    after: "eventsKept: found['hash']!.length,",
    tests: stores,
  },

  // Bounded readers
  {
    name: 'JSON of any depth and length is parsed',
    file: 'src/data/import/readers/limits.ts',
    before: 'if (++level > depth) return',
    after: 'if (++level > 1e9) return',
    tests: ['src/data/import/readers/hostile-files.test.ts'],
  },
  {
    name: 'a row may be of any length',
    file: 'src/data/import/readers/delimited.ts',
    before: 'if (!last && left > this.#limits.rowCharacters) {',
    after: 'if (!last && left > 1e12) {',
    tests: ['src/data/import/readers/hostile-files.test.ts'],
  },
  {
    name: 'a packed file may unpack to anything',
    file: 'src/data/import/readers/limits.ts',
    before: 'if (unpacked <= limits.unpackedFree ||',
    after: 'if (unpacked <= 1e15 + limits.unpackedFree ||',
    tests: ['src/data/import/readers/hostile-files.test.ts'],
  },
  {
    name: 'the path of a Parquet file is a pattern',
    file: 'src/data/analytics.ts',
    before: "const pattern = name.replace(/[*?[]/g, '[$&]');",
    after: 'const pattern = name;',
    tests: ['src/data/import/import-files.test.ts'],
  },
  {
    name: 'folder names are columns',
    file: 'src/data/analytics.ts',
    before: 'hive_partitioning = false',
    after: 'hive_partitioning = true',
    tests: ['src/adapters/sqlite/shop-store.test.ts'],
  },
  {
    name: 'a title reaches the terminal raw',
    file: 'src/cli/output.ts',
    before: 'return text.replace(control,',
    after: "return text.replace('',",
    tests: ['src/cli/output.test.ts'],
  },

  // What mends itself, and what nobody may lose
  {
    name: 'a damaged generation answers',
    file: 'src/engine/generation.ts',
    before: '  await assertChecksums(folder);',
    after: '',
    tests: ['src/engine/shop-faults.test.ts'],
  },
  {
    name: 'two trainings run at once',
    file: 'src/engine/training.ts',
    before: 'const right = await shop.store.beginTraining();',
    after: 'const right: TrainingRight = { publish: (work) => work(), end: () => undefined };',
    tests: ['src/engine/shop-faults.test.ts'],
  },
  {
    name: 'a beat that stands still keeps the lease for ever',
    file: 'src/adapters/sqlite/lease.ts',
    before: 'return !isGone(tag) && !this.#standsStill(row);',
    after: 'return !isGone(tag);',
    tests: ['src/adapters/sqlite/lease.test.ts'],
  },
  {
    name: 'a process that was started again under its number is taken for the one before',
    file: 'src/core/scratch.ts',
    before: ' || startOf(Number(pid)) !== start',
    after: '',
    tests: ['src/core/scratch.test.ts'],
  },
  {
    name: 'an event that is recorded during an import is stored twice',
    file: 'src/adapters/sqlite/import-commit.ts',
    before: 'if (events.filter.has(eventIdHash(id as string))) return true;',
    after: 'if (events.filter.has(eventIdHash(id as string))) continue;',
    tests: ['src/adapters/sqlite/import-commit.test.ts'],
  },
  {
    name: 'an import that fails takes back people whom others recorded',
    file: 'src/adapters/sqlite/persons.ts',
    before: 'if (row.batch !== 0) this.store(kind, id, row.person, row.joined);',
    after: '',
    tests: ['src/adapters/sqlite/import-commit.test.ts'],
  },
  {
    name: 'a catalogue that is still moving undoes what was put since',
    file: 'src/adapters/sqlite/arrivals.ts',
    before: "if (!database.get('SELECT 1 FROM arrivals WHERE arrived = 1 LIMIT 1')) return;",
    after: 'if (rows.length >= 0) return;',
    tests: ['src/adapters/sqlite/import-commit.test.ts'],
  },
  {
    name: 'what was set aside still names who is forgotten',
    file: 'src/adapters/sqlite/quarantine-files.ts',
    before: 'if (mentions.in(JSON.parse(row) as Record<string, string>, { reason, columns }))',
    after: 'if (row === "")',
    tests: ['src/engine/forget.test.ts'],
  },
  {
    name: 'escapes hide who is forgotten',
    file: 'src/data/person-mentions.ts',
    before: '[text, unescaped(text)].some',
    after: '[text].some',
    tests: ['src/engine/forget.test.ts'],
  },
  {
    name: 'the pages of the database are not compared with their sums',
    file: 'src/adapters/sqlite/shop-store.ts',
    before: '    assertSums(path);',
    after: '',
    tests: ['src/adapters/sqlite/page-sums.test.ts'],
  },
  {
    name: 'sums stay while the database is written',
    file: 'src/adapters/sqlite/database.ts',
    before: '      removeSums(this.path);',
    after: '',
    tests: ['src/adapters/sqlite/page-sums.test.ts'],
  },
  {
    name: 'a half-saved settings file fails every request',
    file: 'src/engine/shop.ts',
    before: 'return { config: this.#config, fellBack: [`The settings before hold: ${(error as Error).message}`] };',
    after: 'throw error;',
    tests: ['src/engine/shop-faults.test.ts'],
  },
];
