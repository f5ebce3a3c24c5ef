/** Recall of the first stage: of the union, of each retriever, of each alone, and the overlap between them. */
export interface RetrievalReport {
  readonly cases: number;
  readonly targets: number;
  /** Targets that no retriever brought: lost, whatever the second stage does. */
  readonly lost: number;
  readonly recall: number;
  readonly meanCandidates: number;
  readonly retrievers: readonly {
    readonly name: string;
    readonly recall: number;
    /** Share of all targets that this one alone brought. */
    readonly only: number;
  }[];
  /** Mean Jaccard overlap of two retrievers' lists, shape `[retrievers, retrievers]`. */
  readonly overlap: readonly (readonly number[])[];
}

export class RetrievalCounter {
  readonly #names: readonly string[];
  readonly #found: Float64Array;
  readonly #only: Float64Array;
  readonly #overlap: Float64Array;
  readonly #pairs: Float64Array;
  #cases = 0;
  #targets = 0;
  #union = 0;
  #candidates = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#found = new Float64Array(names.length);
    this.#only = new Float64Array(names.length);
    this.#overlap = new Float64Array(names.length ** 2);
    this.#pairs = new Float64Array(names.length ** 2);
  }

  /** @param retrieved - how many of the targets stand among the candidates */
  add(targets: Int32Array, lists: readonly Int32Array[], retrieved: number, candidates: number): void {
    this.#cases++;
    this.#targets += targets.length;
    this.#union += retrieved;
    this.#candidates += candidates;
    for (const target of targets) {
      const finders = lists.flatMap((list, m) => (list.includes(target) ? [m] : []));
      for (const m of finders) this.#found[m]!++;
      if (finders.length === 1) this.#only[finders[0]!]!++;
    }
    // A sample is enough for the overlap, which costs the most.
    if (this.#cases % 16 === 1) this.#compare(lists);
  }

  report(): RetrievalReport {
    const { length } = this.#names;
    const targets = Math.max(1, this.#targets);
    return {
      cases: this.#cases,
      targets: this.#targets,
      lost: this.#targets - this.#union,
      recall: this.#union / targets,
      meanCandidates: this.#candidates / Math.max(1, this.#cases),
      retrievers: this.#names.map((name, m) => ({
        name,
        recall: this.#found[m]! / targets,
        only: this.#only[m]! / targets,
      })),
      overlap: Array.from({ length }, (_, a) =>
        Array.from({ length }, (__, b) => this.#overlap[a * length + b]! / Math.max(1, this.#pairs[a * length + b]!)),
      ),
    };
  }

  #compare(lists: readonly Int32Array[]): void {
    const sets = lists.map((list) => new Set(list));
    for (let a = 0; a < lists.length; a++) {
      for (let b = 0; b < lists.length; b++) {
        let both = 0;
        for (const item of lists[a]!) if (sets[b]!.has(item)) both++;
        const either = sets[a]!.size + sets[b]!.size - both;
        if (either === 0) continue;
        this.#overlap[a * lists.length + b]! += both / either;
        this.#pairs[a * lists.length + b]!++;
      }
    }
  }
}
