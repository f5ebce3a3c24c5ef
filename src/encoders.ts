/**
 * Texts as vectors, by themselves: `shelfwise/encoders`.
 *
 * @example
 * const table = staticTable(await bilingualTable());
 * const vectors = await table.encode(['Cast iron wok', '铸铁炒锅']);
 * similarity(vectors, 0, vectors, 1); // cosine
 */
export {
  type EmbeddingEndpointOptions,
  openEmbeddingEndpoint,
} from './adapters/endpoints/embedding-endpoint.ts';
export { openSegmenter } from './adapters/jieba/segmenter.ts';
export { openVectorCache } from './adapters/sqlite/vector-cache.ts';
export {
  modelCacheFolder,
  openSentenceTransformer,
  type SentenceTransformerOptions,
} from './adapters/transformers/sentence-transformer.ts';
export { fitBagOfWords } from './encoders/text/bag-of-words.ts';
export { cachedEncoder, type VectorCache } from './encoders/text/cached-encoder.ts';
export { staticTable, type WordTable } from './encoders/text/static-table.ts';
export { bilingualTable } from './encoders/text/table-file.ts';
export {
  type DenseVectors,
  type SparseVectors,
  similarity,
  type TextEncoder,
  type TextRole,
  type TextVectors,
} from './encoders/text/text-encoder.ts';
export { fitTfIdf, type TfIdfOptions } from './encoders/text/tf-idf.ts';
export { readWordVectors, type WordVectorsOptions } from './encoders/text/word-vectors-file.ts';
export { fitWord2vec, type Word2vecOptions } from './encoders/text/word2vec.ts';
export type { Segmenter, WordOptions } from './encoders/text/words.ts';
