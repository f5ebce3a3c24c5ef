/** Words of English and Chinese that say nothing of what a text is about. Chosen by hand for texts of shops. */
const english =
  'a about above after again all also am an and any are as at be because been before being below between both but by can ' +
  'could did do does doing down during each few for from further had has have having he her here hers him his how i if in ' +
  'into is it its itself just me more most my no nor not now of off on once only or other our out over own same she should ' +
  'so some such than that the their them then there these they this those through to too under until up very was we were ' +
  'what when where which while who whom why will with would you your';

const chinese =
  '的 了 是 在 和 与 及 或 而 也 都 就 还 又 很 更 最 太 这 那 这个 那个 这些 那些 这款 此 其 之 以 于 对 把 被 让 给 从 到 向 为 因为 所以 ' +
  '如果 但 但是 不过 虽然 然后 而且 并 并且 等 等等 我 你 您 他 她 它 我们 你们 他们 自己 个 些 种 一个 一些 一种 有 没有 会 能 可以 要 想 ' +
  '款 件 只 去 来 上 下 里 中 着 过 得 地 啊 吧 呢 吗 呀 哦 嗯';

export const stopWords: ReadonlySet<string> = new Set(`${english} ${chinese}`.split(' '));
