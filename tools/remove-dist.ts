/** Empties the build's output, so that a file whose source is gone is not published. */
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
