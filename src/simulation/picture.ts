/** Drawings of the demo store's products: the shape of their kind in the colours of style and brand, as SVG. */
import { type DemoProduct, kinds } from './products.ts';
import { brands, colours, type Shape } from './words.ts';

const styleColours: Readonly<Record<string, string>> = {
  ...{ Stoneware: '#8c8577', Porcelain: '#f4f6f8', Glass: '#bfe0e2', Enamel: '#3c6fa8' },
  ...{ Steel: '#a8b0b8', 'Cast Iron': '#3a3d42', Copper: '#c47a45', Aluminium: '#cfd4d8' },
  ...{ Cotton: '#efe6d6', Linen: '#c9b79c', Wool: '#9b5b5b', Bamboo: '#93a86a' },
  ...{ Organic: '#5f8f4e', Dark: '#4a3126', Mild: '#e2c46c', Classic: '#b5472f' },
  ...{ Lavender: '#9a86c9', Citrus: '#f0a13a', Unscented: '#e8eaec', Cedar: '#7a5638' },
  ...{ Folding: '#4d7c8a', Compact: '#d0694f', Large: '#54688c', Waterproof: '#2c8c84' },
  ...{ Wireless: '#2f3542', Rechargeable: '#3a8f5c', Foldable: '#7d6bb0', Silent: '#8fa3ad' },
};
const backgrounds = ['#f6f1e7', '#e9f0f3', '#f3eaf0', '#eaf2e8', '#f5ebe4', '#ecebf5'] as const;

/** Body of each shape on a field of 320 by 320; `a` is the main colour, `b` a darker one. */
const shapes: Readonly<Record<Shape, (a: string, b: string) => string>> = {
  bag: (a, b) =>
    `<path d="M115 110q0-60 45-60t45 60" fill="none" stroke="${b}" stroke-width="12"/><rect x="85" y="100" width="150" height="170" rx="34" fill="${a}"/><rect x="108" y="180" width="104" height="66" rx="14" fill="${b}"/>`,
  board: (a, b) =>
    `<rect x="80" y="70" width="160" height="200" rx="22" fill="${a}"/><circle cx="160" cy="98" r="12" fill="${b}"/><path d="M110 150v90M135 140v100M185 140v100M210 150v90" stroke="${b}" stroke-width="3"/>`,
  bottle: (a, b) =>
    `<rect x="140" y="50" width="40" height="40" rx="8" fill="${b}"/><path d="M135 90h50l20 40v130q0 20-20 20h-50q-20 0-20-20V130z" fill="${a}"/><rect x="115" y="165" width="90" height="60" fill="${b}" opacity=".55"/>`,
  box: (a, b) =>
    `<path d="M70 130l90-40 90 40v110l-90 40-90-40z" fill="${a}"/><path d="M70 130l90 40 90-40M160 170v110" fill="none" stroke="${b}" stroke-width="6"/>`,
  chair: (a, b) =>
    `<rect x="105" y="60" width="110" height="100" rx="14" fill="${a}"/><rect x="95" y="165" width="130" height="26" rx="10" fill="${b}"/><path d="M108 190l-14 80M212 190l14 80" stroke="${b}" stroke-width="12"/>`,
  cloth: (a, b) =>
    `<path d="M80 80h160v170q-40 20-80 0t-80 0z" fill="${a}"/><path d="M80 110h160M80 225q40-18 80 0t80 0" fill="none" stroke="${b}" stroke-width="8"/>`,
  jar: (a, b) =>
    `<rect x="110" y="70" width="100" height="30" rx="8" fill="${b}"/><rect x="95" y="100" width="130" height="170" rx="26" fill="${a}"/><rect x="120" y="150" width="80" height="60" rx="6" fill="${b}" opacity=".5"/>`,
  kettle: (a, b) =>
    `<path d="M110 130h100l22 120q2 20-20 20H108q-22 0-20-20z" fill="${a}"/><path d="M225 165q46 0 60-60" fill="none" stroke="${a}" stroke-width="14"/><path d="M118 130q0-60 42-60t42 60" fill="none" stroke="${b}" stroke-width="12"/>`,
  lamp: (a, b) =>
    `<path d="M120 70h80l34 80H86z" fill="${a}"/><path d="M160 150v100" stroke="${b}" stroke-width="12"/><rect x="110" y="250" width="100" height="20" rx="10" fill="${b}"/><path d="M100 170l-14 30M220 170l14 30M160 170v10" stroke="#f2d36b" stroke-width="6"/>`,
  mug: (a, b) =>
    `<rect x="85" y="100" width="120" height="150" rx="20" fill="${a}"/><path d="M205 130h20q30 0 30 40t-30 40h-20" fill="none" stroke="${a}" stroke-width="16"/><path d="M85 130h120" stroke="${b}" stroke-width="8"/>`,
  pack: (a, b) =>
    `<path d="M95 80h130l-8 20 14 170H89l14-170z" fill="${a}"/><rect x="115" y="150" width="90" height="70" rx="8" fill="${b}" opacity=".7"/><path d="M95 80h130" stroke="${b}" stroke-width="8"/>`,
  pan: (a, b) =>
    `<path d="M50 150h190q0 90-95 90t-95-90z" fill="${a}"/><path d="M238 158l60-30" stroke="${b}" stroke-width="16"/><path d="M50 150h190" stroke="${b}" stroke-width="8"/>`,
  pot: (a, b) =>
    `<path d="M95 160h130l-18 110h-94z" fill="${a}"/><rect x="85" y="145" width="150" height="26" rx="6" fill="${b}"/><path d="M160 145q-6-50-50-60 4 50 50 60zM160 145q6-62 54-72 0 60-54 72z" fill="#5f9a55"/>`,
  basket: (a, b) =>
    `<path d="M80 140h160l-18 130H98z" fill="${a}"/><path d="M86 180h148M92 220h136M130 140l8 130M190 140l-8 130" stroke="${b}" stroke-width="5"/><path d="M110 140q0-70 50-70t50 70" fill="none" stroke="${b}" stroke-width="10"/>`,
  phones: (a, b) =>
    `<path d="M80 200q0-110 80-110t80 110" fill="none" stroke="${b}" stroke-width="16"/><rect x="62" y="180" width="46" height="80" rx="20" fill="${a}"/><rect x="212" y="180" width="46" height="80" rx="20" fill="${a}"/>`,
};

/** The product as an SVG document of 320 by 320. */
export function drawProduct({ kind, style, brand, level, variants, size }: DemoProduct): string {
  const background = backgrounds[brands.findIndex(({ name }) => name === brand)] ?? backgrounds[0];
  const main = styleColours[style[0]] ?? '#999999';
  const trim = level === 2 ? '#b08d3c' : level === 1 ? '#3f4a54' : '#7b7f86';
  const { shape, sizes } = kinds[kind]!;
  const scale = 0.78 + 0.14 * sizes.indexOf(size);
  const dots =
    variants.length > 1
      ? colours.map(({ hex }, i) => `<circle cx="${40 + 26 * i}" cy="290" r="9" fill="${hex}"/>`).join('')
      : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="320" viewBox="0 0 320 320">` +
    `<rect width="320" height="320" fill="${background}"/>` +
    `<ellipse cx="160" cy="${170 + 110 * scale}" rx="${95 * scale}" ry="9" fill="#000" opacity=".12"/>` +
    `<g transform="translate(${160 * (1 - scale)} ${170 * (1 - scale)}) scale(${scale})">${shapes[shape](main, trim)}</g>` +
    `${dots}</svg>`
  );
}
