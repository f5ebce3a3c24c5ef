/** The port that runs ONNX graphs. */

/** Values of one input or output; `uint8` and `bool` as bytes. */
export type GraphArray = Float32Array | BigInt64Array | Uint8Array;

export interface RunningGraph {
  /**
   * Holds this thread until it is done: long work belongs in a worker.
   *
   * @param feeds - values of all inputs, by name
   * @param into - where outputs are written, by name; all are wanted. No array may be a feed as well: the runtime would
   *   compute from what it has overwritten
   */
  run(feeds: Readonly<Record<string, GraphArray>>, into: Readonly<Record<string, GraphArray>>): Promise<void>;
  close(): Promise<void>;
}

export interface GraphForm {
  readonly shape: readonly number[];
}

export interface GraphRunner {
  readonly name: string;
  /**
   * @param model - bytes of an ONNX file
   * @param forms - shapes of all inputs and outputs, by name
   * @throws ShelfwiseError `SW_PART_MISSING` where there is nothing to run it
   */
  open(model: Uint8Array, forms: Readonly<Record<string, GraphForm>>): Promise<RunningGraph>;
}
