/**
 * Graphs as GraphML, which Gephi, yEd, NetworkX and igraph read.
 *
 * @source Brandes et al., GraphML progress report, Graph Drawing 2001
 */
import type { GraphPart } from './shop-graph.ts';

const head = `<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="type" for="node" attr.name="type" attr.type="string"/>
  <key id="name" for="node" attr.name="name" attr.type="string"/>
  <key id="relation" for="edge" attr.name="relation" attr.type="string"/>
  <key id="weight" for="edge" attr.name="weight" attr.type="double"/>
  <key id="time" for="edge" attr.name="time" attr.type="string"/>
  <graph edgedefault="directed">
`;

/** Pieces of the document, so that a large graph is never one string. */
export function* graphml({ nodes, edges }: GraphPart): Iterable<string> {
  yield head;
  for (const [n, { type, name }] of nodes.entries())
    yield `    <node id="n${n}"><data key="type">${type}</data><data key="name">${escaped(name)}</data></node>\n`;
  for (const { from, to, type, weight, time } of edges) {
    const at = time === undefined ? '' : `<data key="time">${new Date(time).toISOString()}</data>`;
    yield `    <edge source="n${from}" target="n${to}"><data key="relation">${escaped(type)}</data><data key="weight">${weight}</data>${at}</edge>\n`;
  }
  yield '  </graph>\n</graphml>\n';
}

const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What XML 1.0 cannot hold at all: controls, halves of pairs, and two that are no characters. */
const unwritable = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu;

function escaped(text: string): string {
  return text.replaceAll(unwritable, '').replaceAll(/[&<>"]/gu, (mark) => marks[mark]!);
}
