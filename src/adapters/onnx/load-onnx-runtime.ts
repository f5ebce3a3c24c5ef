/** Brings onnxruntime-node in, where it is installed; apart, so that no public type names the package. */
import { ShelfwiseError } from '../../core/errors.ts';

export type OnnxRuntime = typeof import('onnxruntime-node');

/**
 * @param load - a test gives one that fails
 * @throws ShelfwiseError `SW_PART_MISSING` where onnxruntime-node is not installed or does not load
 */
export async function loadOnnxRuntime(
  load: () => Promise<OnnxRuntime> = () => import('onnxruntime-node'),
): Promise<OnnxRuntime> {
  try {
    return await load();
  } catch (cause) {
    const hint = 'Run: npm install --ignore-scripts onnxruntime-node';
    const message = 'onnxruntime-node: expected to be installed, it does not load.';
    throw new ShelfwiseError('SW_PART_MISSING', message, hint, {}, cause);
  }
}
