/** Chinese words by jieba's dictionary, where it is installed. */
import { intlSegmenter, type Segmenter } from '../../encoders/text/words.ts';

/** @returns the runtime's own segmenter where jieba is missing or does not load on this machine */
export async function openSegmenter(): Promise<Segmenter> {
  try {
    const [{ Jieba }, { dict }] = await Promise.all([import('@node-rs/jieba'), import('@node-rs/jieba/dict.js')]);
    const jieba = Jieba.withDict(dict);
    return { name: 'jieba', cut: (text) => jieba.cut(text, true) };
  } catch {
    return intlSegmenter;
  }
}
