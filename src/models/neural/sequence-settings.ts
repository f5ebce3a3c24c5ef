/** Settings of sequence models: those that all have, and those of some. */

/** Settings that all of them have. */
export const sequenceSettings = {
  dimensions: { default: 64, min: 8, max: 1024, search: [32, 64, 128], doc: 'Length of the vectors.' },
  length: {
    default: 50,
    min: 2,
    max: 1000,
    search: [20, 50, 100],
    doc: 'Newest positions of a history that it reads.',
  },
  dropout: {
    default: 0.2,
    min: 0,
    max: 0.9,
    search: [0.2, 0.35, 0.5],
    doc: 'Share of values that are made zero in training.',
  },
  inputs: {
    default: 'all',
    choices: ['all', 'items'],
    doc: 'What is read of a position: all that the data has (kind, time, part of the week, what texts and attributes say of the item), or its item alone.',
  },
  loss: {
    default: 'auto',
    choices: ['auto', 'softmax', 'sampled-softmax', 'in-batch', 'gbce'],
    doc: 'Over the whole catalogue, over drawn items or those of the batch, corrected for how often each is there, or calibrated binary; auto takes the first up to 20,000 items.',
  },
  negatives: { default: 512, min: 1, max: 20_000, doc: 'Items that are drawn for each step, where the loss draws.' },
  calibration: { default: 0.75, min: 0, max: 1, doc: 'Of gbce: 0 is plain binary cross-entropy, 1 fully calibrated.' },
  augmentation: {
    default: 'none',
    choices: ['none', 'crop', 'mask', 'reorder', 'any'],
    doc: 'How half of the sequences are altered in each epoch: cut to a part, with some items hidden, with a part in another order, or one of these by chance.',
  },
  contrastive: {
    default: 0,
    min: 0,
    max: 10,
    search: [0, 0.1],
    doc: 'Weight of finding one altered form of a sequence by another one; it makes a step three times as long.',
  },
  positions: {
    default: 1024,
    min: 16,
    max: 65_536,
    search: [512, 1024, 2048],
    doc: 'Positions of histories in a step.',
  },
  epochs: { default: 26, min: 1, max: 1000, doc: 'Passes over the histories at most.' },
  patience: { default: 5, min: 0, max: 1000, doc: 'Passes without a better figure until it stops.' },
  learningRate: { default: 2e-3, min: 1e-6, max: 1, search: [1e-3, 2e-3, 4e-3], doc: 'Highest rate of Adam.' },
} as const;

/** Settings of those that are first trained to find hidden items. */
export const pretrainingSettings = {
  pretrainingEpochs: {
    default: 0,
    min: 0,
    max: 1000,
    search: [0, 5],
    doc: 'Passes before the others, in which hidden items are found from both sides.',
  },
} as const;

/** Settings of those that find hidden items. */
export const hidingSettings = {
  hiddenShare: {
    default: 0.3,
    min: 0.01,
    max: 0.9,
    search: [0.2, 0.4, 0.6],
    doc: 'Share of the items that are hidden.',
  },
} as const;
