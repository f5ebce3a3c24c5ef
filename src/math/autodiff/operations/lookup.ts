/** Rows and elements by their indices, and their adjoints, which add what falls on the same place. */
import { numbers } from '../indexing.ts';
import { isSameShape, make, type Operation, refuse, shapeText, sizeOf, type Tensor } from '../tensor.ts';
import { reshape } from './shaping.ts';

const rowsOf: Operation = {
  name: 'rows',
  evaluate: ({ inputs: [table], shape }, [values, indices]) => {
    const width = sizeOf(table!.shape.slice(1));
    const out = numbers(sizeOf(shape));
    for (const [n, row] of indices!.entries()) out.set(values!.subarray(row * width, (row + 1) * width), n * width);
    return [out];
  },
  emit: (to, _, inputs) => to.node('Gather', inputs),
  gradient: ({ inputs: [table, indices] }, [g]) => [g && addRows(g, indices!, table!.shape[0]!), undefined],
};
/**
 * Rows of a table, as an embedding looks them up.
 *
 * @param table - `[N, ...]`
 * @param indices - int64, each in `[0, N)`
 * @returns shape of the indices, then that of a row
 */
export function rows(table: Tensor, indices: Tensor): Tensor {
  if (indices.type !== 'int64') refuse('rows', 'indices of int64', indices.type);
  return make(
    rowsOf,
    [table, indices],
    { shape: [...indices.shape, ...table.shape.slice(1)], type: 'float' },
    undefined,
  );
}

const addRowsOf: Operation = {
  name: 'add-rows',
  evaluate: ({ shape }, [values, indices]) => {
    const width = sizeOf(shape.slice(1));
    const out = numbers(sizeOf(shape));
    for (const [n, row] of indices!.entries())
      for (let d = 0; d < width; d++) out[row * width + d]! += values![n * width + d]!;
    return [out];
  },
  // ScatterND loses what falls on one row where several threads add: ScatterElements does not.
  emit: (to, { shape, inputs: [values, indices] }, [given, at]) => {
    const count = sizeOf(indices!.shape);
    const width = sizeOf(shape.slice(1));
    const flat = (name: string, wanted: readonly number[]): string => to.node('Reshape', [name, to.ints(wanted)])[0]!;
    const places = to.node('Expand', [flat(at!, [count, 1]), to.ints([count, width])])[0]!;
    const zeros = to.node('Expand', [to.floats([0]), to.ints([shape[0]!, width])])[0]!;
    const updates = values!.shape.length === 2 ? given! : flat(given!, [count, width]);
    const added = to.node('ScatterElements', [zeros, places, updates], {
      axis: { int: 0 },
      reduction: { text: 'add' },
    });
    return shape.length === 2 ? added : [flat(added[0]!, shape)];
  },
  gradient: ({ inputs: [, indices] }, [g]) => [g && rows(g, indices!), undefined],
};
/** A table of zeros with rows added where the indices say. */
export function addRows(values: Tensor, indices: Tensor, count: number): Tensor {
  const shape = [count, ...values.shape.slice(indices.shape.length)];
  return make(addRowsOf, [values, indices], { shape, type: 'float' }, undefined);
}

const takeOf: Operation = {
  name: 'take',
  evaluate: ({ inputs: [x], shape }, [values, indices]) => {
    const [from, to] = [x!.shape.at(-1)!, shape.at(-1)!];
    return [indices!.map((index, n) => values![Math.floor(n / to) * from + index]!)];
  },
  emit: (to, _, inputs) => to.node('GatherElements', inputs, { axis: { int: -1 } }),
  gradient: ({ inputs: [x, indices] }, [g]) => [g && addTaken(g, indices!, x!.shape), undefined],
};
/**
 * Elements of the last axis.
 *
 * @param indices - int64, `[..., k]`, each in the last axis of `x`
 */
export function take(x: Tensor, indices: Tensor): Tensor {
  if (indices.type !== 'int64' || !isSameShape(x.shape.slice(0, -1), indices.shape.slice(0, -1)))
    refuse('take', `int64 indices [${x.shape.slice(0, -1)}, k]`, `${indices.type} ${shapeText(indices.shape)}`);
  return make(takeOf, [x, indices], { shape: indices.shape, type: 'float' }, undefined);
}

const addTakenOf: Operation = {
  name: 'add-taken',
  evaluate: ({ inputs: [values], shape }, [given, indices]) => {
    const [from, to] = [values!.shape.at(-1)!, shape.at(-1)!];
    const out = numbers(sizeOf(shape));
    for (const [n, index] of indices!.entries()) out[Math.floor(n / from) * to + index]! += given![n]!;
    return [out];
  },
  emit: (to, { shape }, [given, at]) => {
    const zeros = to.node('Expand', [to.floats([0]), to.ints(shape)])[0]!;
    return to.node('ScatterElements', [zeros, at!, given!], { axis: { int: -1 }, reduction: { text: 'add' } });
  },
  gradient: ({ inputs: [, indices] }, [g]) => [g && take(g, indices!), undefined],
};
const addTaken = (values: Tensor, indices: Tensor, shape: readonly number[]): Tensor =>
  make(addTakenOf, [values, indices], { shape, type: 'float' }, undefined);

/** One element of the last axis for each vector. @param indices - int64, the shape without the last axis */
export function pick(x: Tensor, indices: Tensor): Tensor {
  return reshape(take(x, reshape(indices, [...indices.shape, 1])), indices.shape);
}
