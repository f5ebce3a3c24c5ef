/**
 * Every failure a user can cause has a code in one table; the table gives the HTTP status, the exit code of the
 * command line and a line of docs/errors.md. Messages follow one grammar: `where: expected, got. Next step.`
 */
export const errorTable = {
  SW_USAGE: { status: 400, exit: 2, summary: 'A command, flag or argument is not as documented.' },
  SW_INPUT_NOT_FOUND: { status: 404, exit: 2, summary: 'A file or folder named in the input does not exist.' },
  SW_INPUT_FORMAT: {
    status: 422,
    exit: 2,
    summary: 'A file is not in the format it claims, or its format is unknown.',
  },
  SW_INPUT_ROW: { status: 422, exit: 2, summary: 'A row of a file cannot be read as what it should hold.' },
  SW_INPUT_EMPTY: { status: 422, exit: 2, summary: 'The input holds nothing that can be used.' },
  SW_SETTING: { status: 400, exit: 2, summary: 'A setting has an unknown name or a value outside its range.' },
  SW_REQUEST: { status: 400, exit: 2, summary: 'A request is not as the API’s schema says.' },
  SW_KEY_MISSING: { status: 401, exit: 2, summary: 'A request carries no key, or one that does not hold.' },
  SW_KEY_SCOPE: { status: 403, exit: 2, summary: 'The key of a request is not for what was asked.' },
  SW_NOT_FOUND: { status: 404, exit: 2, summary: 'There is nothing by this address or id.' },
  SW_TIMEOUT: { status: 408, exit: 1, summary: 'A request was not whole in time.' },
  SW_TOO_LARGE: { status: 413, exit: 2, summary: 'The body of a request is larger than it may be.' },
  SW_MEDIA_TYPE: { status: 415, exit: 2, summary: 'The body of a request is not JSON.' },
  SW_TOO_MANY: { status: 429, exit: 2, summary: 'More requests came than a key may send in a minute.' },
  SW_FILTER: { status: 400, exit: 2, summary: 'A condition on products cannot be read.' },
  SW_MODEL_UNKNOWN: { status: 404, exit: 2, summary: 'No model has this name.' },
  SW_MODEL_LIMIT: { status: 422, exit: 2, summary: 'The data is larger or smaller than the model can take.' },
  SW_MODEL_DATA: { status: 422, exit: 2, summary: 'The data lacks something that the model learns from.' },
  SW_ENCODER: {
    status: 502,
    exit: 1,
    summary: 'What turns texts into vectors is missing, does not answer, or answers otherwise than it should.',
  },
  SW_RERANK: {
    status: 502,
    exit: 1,
    summary:
      'What judges the best candidates once more is missing, does not answer, or answers otherwise than it should.',
  },
  SW_TRAINING: {
    status: 500,
    exit: 1,
    summary: 'A training cannot go on: its loss is no number any more, or its state is of another model.',
  },
  SW_MODEL_STATE: { status: 500, exit: 1, summary: 'A saved model is damaged or does not fit the data.' },
  SW_SHOP_NOT_FOUND: { status: 404, exit: 2, summary: 'There is no shop in this folder.' },
  SW_SHOP_CORRUPT: { status: 500, exit: 1, summary: 'A file of the shop is damaged.' },
  SW_SHOP_NEWER: { status: 500, exit: 1, summary: 'The shop was written by a newer version of Shelfwise.' },
  SW_SHOP_BUSY: { status: 503, exit: 1, summary: 'Another process holds the writer lease of the shop.' },
  SW_SHOP_READ_ONLY: { status: 403, exit: 1, summary: 'Something was to be written where nothing may be.' },
  SW_SHOP_CLOSED: { status: 503, exit: 1, summary: 'The shop was closed before this was asked of it.' },
  SW_MEMORY: { status: 507, exit: 1, summary: 'The work needs more memory than it may take.' },
  SW_DISK: { status: 507, exit: 1, summary: 'The disk is full, or refuses to read or write.' },
  SW_PART_MISSING: { status: 501, exit: 1, summary: 'An optional part that this needs is not installed.' },
  SW_CANCELLED: { status: 499, exit: 1, summary: 'The work was stopped on request.' },
  SW_INTERNAL: { status: 500, exit: 1, summary: 'A fault of Shelfwise itself.' },
} as const;

export type ErrorCode = keyof typeof errorTable;

/**
 * A failure with a stable code, what to do next, and machine-readable details.
 *
 * @example throw new ShelfwiseError('SW_INPUT_ROW', 'events.jsonl:1842: expected a time, got "soon".', 'Fix the row.')
 */
export class ShelfwiseError extends Error {
  override readonly name = 'ShelfwiseError';
  readonly code: ErrorCode;
  /** What to do next; the last sentence a user reads. */
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, hint = '', details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.details = details;
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  get exitCode(): 1 | 2 {
    return errorTable[this.code].exit;
  }
}
