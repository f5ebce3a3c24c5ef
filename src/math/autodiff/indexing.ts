/** Walks over the elements of row-major arrays, as broadcasting sees them. */
import { isSameShape, type Numbers, refuse, shapeText, sizeOf } from './tensor.ts';

export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let n = shape.length - 1; n >= 0; n--) {
    strides[n] = stride;
    stride *= shape[n]!;
  }
  return strides;
}

/** The shape that shapes broadcast to, by the rules of NumPy. */
export function broadcastShape(operation: string, shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, n) => {
    const sizes = new Set(shapes.map((shape) => shape[n - rank + shape.length] ?? 1));
    sizes.delete(1);
    if (sizes.size > 1) refuse(operation, 'shapes that broadcast', shapes.map(shapeText).join(' and '));
    return [...sizes][0] ?? 1;
  });
}

/** For each element of `to`, where it stands in an array of `from` that broadcasts to it. */
export function broadcastPlaces(from: readonly number[], to: readonly number[]): Int32Array {
  const places = new Int32Array(sizeOf(to));
  if (isSameShape(from, to)) return places.map((_, n) => n);
  const own = stridesOf(from).map((stride, n) => (from[n] === 1 ? 0 : stride));
  const strides = to.map((_, n) => own[n - to.length + from.length] ?? 0);
  eachPlace(to, strides, (element, place) => {
    places[element] = place;
  });
  return places;
}

/** Tells each element of a shape, and the place that it has by other strides. */
export function eachPlace(
  shape: readonly number[],
  strides: readonly number[],
  tell: (element: number, place: number) => void,
): void {
  const at = new Array<number>(shape.length).fill(0);
  let place = 0;
  const count = sizeOf(shape);
  for (let element = 0; element < count; element++) {
    tell(element, place);
    for (let n = shape.length - 1; n >= 0; n--) {
      place += strides[n]!;
      if (++at[n]! < shape[n]!) break;
      place -= strides[n]! * shape[n]!;
      at[n] = 0;
    }
  }
}

/** An axis from the end where it is negative, checked. */
export function axisOf(operation: string, axis: number, rank: number): number {
  const found = axis < 0 ? rank + axis : axis;
  if (!Number.isInteger(found) || found < 0 || found >= rank) refuse(operation, `an axis below ${rank}`, `${axis}`);
  return found;
}

/** A shape as `[outer, size, inner]` around an axis. */
export function around(shape: readonly number[], axis: number): readonly [outer: number, size: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
}

/** Runs over the lines along an axis: the first place of each, and the step between its elements. */
export function eachLine(shape: readonly number[], axis: number, tell: (start: number, step: number) => void): void {
  const [outer, size, inner] = around(shape, axis);
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) tell(o * size * inner + i, inner);
}

export const numbers = (length: number): Numbers => new Float64Array(length);
