/** Tells whether a small file is another than when it was last looked at, at the cost of one question to the system. */
import { statSync } from 'node:fs';

/** A file that has just changed may change again within the clock's tick. */
const unsureMs = 50;

export class WatchedFile {
  readonly path: string;
  /** Identity of what was seen; undefined where nothing may be kept. */
  #seen: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** True where the file is what it was at the last call, or is missing as it was. */
  isSame(): boolean {
    const found = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    const identity = found ? `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : 'missing';
    const sure = !found || Date.now() - Number(found.ctimeMs) > unsureMs;
    const same = this.#seen === identity;
    this.#seen = sure ? identity : undefined;
    return same;
  }
}
