/** Session keys as dense codes in the order of first sight: a hash table of doubles, several times faster than a Map. */
export class SessionCodes {
  #keys = new Float64Array(1 << 12).fill(-1);
  #codes = new Int32Array(1 << 12);
  #count = 0;

  /** @param keys - whole numbers ≥ 0; -1 where unknown, which stays -1 */
  encode(keys: Float64Array): Int32Array {
    const out = new Int32Array(keys.length);
    for (let i = 0; i < keys.length; i++) {
      // Sessions mostly stand together.
      if (i > 0 && keys[i] === keys[i - 1]) out[i] = out[i - 1]!;
      else out[i] = keys[i]! < 0 ? -1 : this.#codeOf(keys[i]!);
    }
    return out;
  }

  #codeOf(key: number): number {
    let slot = this.#slotOf(key);
    if (this.#keys[slot] === key) return this.#codes[slot]!;
    if (this.#count * 2 >= this.#keys.length) {
      this.#grow();
      slot = this.#slotOf(key);
    }
    this.#keys[slot] = key;
    this.#codes[slot] = this.#count;
    return this.#count++;
  }

  #slotOf(key: number): number {
    const mask = this.#keys.length - 1;
    // Keys are hashes already: their low bits are even.
    let slot = key % this.#keys.length;
    while (this.#keys[slot] !== -1 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, codes] = [this.#keys, this.#codes];
    this.#keys = new Float64Array(2 * keys.length).fill(-1);
    this.#codes = new Int32Array(2 * codes.length);
    for (const [i, key] of keys.entries()) {
      if (key === -1) continue;
      const slot = this.#slotOf(key);
      this.#keys[slot] = key;
      this.#codes[slot] = codes[i]!;
    }
  }
}
