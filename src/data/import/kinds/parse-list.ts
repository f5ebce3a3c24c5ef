/** Cells that hold several values, and categories as paths. */

/** A JSON array (a text for each member, a path's text for an object), or one text cut at a separator. */
export function listOf(text: string, separator?: string): string[] {
  if (text === '') return [];
  if (text.startsWith('[')) {
    try {
      return (JSON.parse(text) as unknown[]).map(memberText).filter((member) => member !== '');
    } catch {
      return [text];
    }
  }
  const parts = separator === undefined ? [text] : text.split(separator);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** Names under which lists of images, categories and tags hold what counts. */
const memberNames = ['uri', 'src', 'url', 'hi_res', 'large', 'thumb', 'name', 'title', 'value'] as const;

function memberText(member: unknown): string {
  if (member === null || member === undefined) return '';
  if (typeof member !== 'object') return String(member).trim();
  for (const name of memberNames) {
    const value = (member as Record<string, unknown>)[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}

/**
 * @param separator - between several categories of one cell
 * @param listIsPath - a JSON list is one path
 * @example categoryPaths('Home > Mugs | Gifts') // [['Home', 'Mugs'], ['Gifts']]
 * @example categoryPaths('["Home > Mugs", "Gifts"]') // [['Home', 'Mugs'], ['Gifts']]
 */
export function categoryPaths(text: string, separator = '|', levels: RegExp = /[>/]/, listIsPath = false): string[][] {
  const paths = pathsIn(text, separator, levels, listIsPath);
  return paths
    .map((path) => path.map((part) => part.trim()).filter((part) => part !== ''))
    .filter((path) => path.length > 0);
}

function pathsIn(text: string, separator: string, levels: RegExp, listIsPath: boolean): string[][] {
  const cut = (path: string): string[] => path.split(levels);
  if (!text.startsWith('[')) return text.split(separator).map(cut);
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return [[text]];
  }
  const members = list as unknown[];
  // A list in a list is a path.
  if (members.some(Array.isArray)) return members.map((path) => (Array.isArray(path) ? path : [path]).map(memberText));
  return listIsPath ? [members.map(memberText)] : members.map((member) => cut(memberText(member)));
}
