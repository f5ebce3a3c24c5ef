"""EASE as published, on numpy: one command a line, one JSON answer a line.

    python ease_numpy.py FOLDER '{"items": 12101, "regularisation": 100, "historyDecay": 0.7}'

`fit` inverts with numpy.linalg.inv, `fit-cholesky` with LAPACK's potrf and potri by scipy; both answer {"seconds": ...}.
`lists` writes the best 10 unseen items of every history of FOLDER/query-*.bin to FOLDER/lists.bin (int32).
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import scipy.linalg
from scipy.sparse import csr_matrix

folder, settings = Path(sys.argv[1]), json.loads(sys.argv[2])
weights = None


def read(prefix):
    return (np.fromfile(folder / f"{prefix}{name}.bin", dtype=np.int32) for name in ("offsets", "items"))


offsets, items = read("")
shape = (len(offsets) - 1, settings["items"])
matrix = csr_matrix((np.ones(len(items), dtype=np.float32), items, offsets), shape=shape)
matrix.sum_duplicates()
matrix.data[:] = 1


def fit(cholesky=False):
    global weights
    started = time.perf_counter()
    gram = (matrix.T @ matrix).toarray()
    gram[np.diag_indices_from(gram)] += settings["regularisation"]
    if cholesky:
        factor, _ = scipy.linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
        inverse, _ = scipy.linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
    else:
        inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return {"seconds": time.perf_counter() - started}


def lists():
    starts, histories = read("query-")
    out = np.zeros((len(starts) - 1, 10), dtype=np.int32)
    for q in range(len(out)):
        history = histories[starts[q] : starts[q + 1]]
        decay = settings["historyDecay"] ** np.arange(len(history) - 1, -1, -1, dtype=np.float32)
        scores = decay @ weights[history]
        scores[history] = -np.inf
        best = np.argpartition(-scores, 10)[:10]
        out[q] = best[np.argsort(-scores[best], kind="stable")]
    out.tofile(folder / "lists.bin")
    return {"rows": len(out)}


for line in sys.stdin:
    commands = {"fit": fit, "fit-cholesky": lambda: fit(True), "lists": lists}
    print(json.dumps(commands[line.strip()]()), flush=True)
