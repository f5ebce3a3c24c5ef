/** Reading values of JSON that may lack any part. */
export type Tree = Readonly<Record<string, unknown>>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function child(value: unknown, name: string): Tree {
  const found = isTree(value) ? value[name] : undefined;
  return isTree(found) ? found : {};
}

export function list(value: unknown): readonly Tree[] {
  return Array.isArray(value) ? value.filter(isTree) : [];
}

/** The first of the names that holds something, as text; '' where none does. */
export function textOf(tree: Tree, ...names: readonly string[]): string {
  for (const name of names) {
    const value = tree[name];
    if (typeof value === 'string' && value !== '' && value !== '(not set)') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  }
  return '';
}

/** NaN where none of the names holds a number. */
export function numberOf(tree: Tree, ...names: readonly string[]): number {
  for (const name of names) {
    const value = tree[name];
    if (typeof value === 'number') return value;
    if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  }
  return Number.NaN;
}
