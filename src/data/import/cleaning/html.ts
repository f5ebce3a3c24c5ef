/** Markup in titles and descriptions: tags go, block ends become blanks, entities become their characters. */

const markup = /<\/?[a-z!][^<>]*>|&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,9});/i;

export function hasHtml(text: string): boolean {
  return (text.includes('<') || text.includes('&')) && markup.test(text);
}

/** Tags that end a block of text. */
const blocks: ReadonlySet<string> = new Set(
  'p div br li ul ol tr td th table h1 h2 h3 h4 h5 h6 section article hr script style'.split(' '),
);

/** @example stripHtml('<p>Tea &amp; <b>cake</b></p>') // 'Tea & cake' */
export function stripHtml(text: string): string {
  return decodeEntities(withoutTags(text)).replaceAll(/\s+/g, ' ').trim();
}

/** One pass from `<` to `<`: every search that finds nothing is remembered, so that the work grows with the text alone. */
function withoutTags(text: string): string {
  let out = '';
  let at = 0;
  const closings = new Map<string, number>();
  /** Place of `what` from `from` on; once there is none, there is none. */
  const find = (what: string, from: number): number => {
    if (closings.get(what) === -1) return -1;
    const found = text.indexOf(what, from);
    if (found < 0) closings.set(what, -1);
    return found;
  };
  for (;;) {
    const open = text.indexOf('<', at);
    if (open < 0) return out + text.slice(at);
    out += text.slice(at, open);
    if (text.startsWith('<!--', open)) {
      const end = find('-->', open + 4);
      if (end >= 0) {
        out += ' ';
        at = end + 3;
        continue;
      }
    }
    const end = find('>', open + 1);
    const next = text.indexOf('<', open + 1);
    const [, slash, name] = /^<(\/?)([a-z!][a-z0-9]*)/i.exec(text.slice(open, open + 16)) ?? [];
    // A sign of everyday text: "5 < 6", "I <3 tea", or a tag that another one cuts.
    if (name === undefined || end < 0 || (next >= 0 && next < end)) {
      out += '<';
      at = open + 1;
      continue;
    }
    at = end + 1;
    const tag = name.toLowerCase();
    if (blocks.has(tag)) out += ' ';
    if (slash === '' && (tag === 'script' || tag === 'style')) {
      const closing = find(`</${tag}`, at);
      const closed = closing < 0 ? -1 : text.indexOf('>', closing);
      if (closed >= 0) at = closed + 1;
    }
  }
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  trade: '™',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bull: '•',
  middot: '·',
  deg: '°',
  times: '×',
  euro: '€',
  pound: '£',
  yen: '¥',
  cent: '¢',
  frac12: '½',
  frac14: '¼',
  eacute: 'é',
  egrave: 'è',
  ecirc: 'ê',
  agrave: 'à',
  acirc: 'â',
  ccedil: 'ç',
  ocirc: 'ô',
  uuml: 'ü',
  ouml: 'ö',
  auml: 'ä',
  szlig: 'ß',
  ntilde: 'ñ',
  iacute: 'í',
  oacute: 'ó',
  aacute: 'á',
  uacute: 'ú',
};

function decodeEntities(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z][a-z\d]{1,9}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[name as string] ?? named[(name as string).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : ' ';
  });
}
