/** The items of an RSS or Atom feed: the children of each `item` or `entry` by local name, repeated ones as lists. */
import { SaxesParser } from 'saxes';
import { ShelfwiseError } from '../../../core/errors.ts';
import { defaultLimits, type ReadLimits } from './limits.ts';
import { type RawRow, treeRow } from './raw-row.ts';

/** @throws ShelfwiseError `SW_INPUT_FORMAT` where the XML is not well formed */
export async function* readFeed(
  text: AsyncIterable<string>,
  name: string,
  limits: ReadLimits = defaultLimits,
): AsyncGenerator<RawRow[]> {
  const parser = new SaxesParser({ position: true });
  let rows: RawRow[] = [];
  let item: Record<string, string | string[]> | undefined;
  let path: string[] = [];
  let words = '';
  let line = 0;
  let depth = 0;
  parser.on('opentag', (tag) => {
    if (++depth > limits.depth)
      throw new ShelfwiseError(
        'SW_INPUT_FORMAT',
        `${name}:${parser.line}: expected at most ${limits.depth} levels, got more.`,
        'A feed is hardly so deep: look at the file.',
      );
    const local = tag.name.replace(/^.*:/, '').toLowerCase();
    if (item) path.push(local);
    else if (local === 'item' || local === 'entry') {
      item = {};
      path = [];
      line = parser.line;
    }
    words = '';
    // Atom keeps a link in an attribute.
    if (item && local === 'link' && typeof tag.attributes['href'] === 'string') words = tag.attributes['href'];
  });
  const onText = (part: string): void => {
    if (item && path.length > 0) words += part;
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  parser.on('closetag', () => {
    depth--;
    if (!item) return;
    if (path.length === 0) {
      rows.push(treeRow(line, item, JSON.stringify(item)));
      item = undefined;
      return;
    }
    const value = words.trim();
    // Nested elements such as shipping/price are named by their path.
    const key = path.join('/');
    path.pop();
    words = '';
    if (value === '') return;
    const known = item[key];
    if (known === undefined) item[key] = value;
    else if (Array.isArray(known)) known.push(value);
    else item[key] = [known, value];
  });
  parser.on('error', (error) => {
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${name}:${parser.line}: expected well-formed XML, got ${error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')}.`,
      'Mend the file or export it again.',
    );
  });
  for await (const chunk of text) {
    parser.write(chunk);
    if (rows.length > 0) {
      yield rows;
      rows = [];
    }
  }
  parser.close();
  if (rows.length > 0) yield rows;
}
