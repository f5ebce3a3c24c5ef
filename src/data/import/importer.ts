/** Runs imports into one shop, wherever it runs them. */
import type { ImportReport } from '../import-log.ts';
import type { ImportOptions } from './import-options.ts';
import type { ReleaseOptions } from './release.ts';

type OfTheShop = 'store' | 'folder' | 'openAnalytics' | 'now';

export type FileImportOptions = Omit<ImportOptions, OfTheShop>;
export type QuarantineReleaseOptions = Omit<ReleaseOptions, OfTheShop | 'step'>;

export interface Importer {
  /** @see importFiles */
  importFiles(paths: readonly string[], options: FileImportOptions): Promise<ImportReport>;
  /** @see releaseQuarantined */
  releaseQuarantined(step: string, options: QuarantineReleaseOptions): Promise<ImportReport[]>;
  /** Stops what runs; nothing of it is stored. */
  close(): Promise<void>;
}
