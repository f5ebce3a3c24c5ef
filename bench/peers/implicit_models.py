"""Fits models of the package `implicit` on a CSR matrix read from a folder; one command a line, one JSON answer a line.

    python implicit_models.py FOLDER als|item-knn '{"factors": 128, ...}'

`fit` answers {"seconds": ...}; `lists` writes the best 20 unseen items of every user to FOLDER/lists.bin (int32).
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender

folder, kind, settings = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
offsets = np.fromfile(folder / "offsets.bin", dtype=np.int32)
items = np.fromfile(folder / "items.bin", dtype=np.int32)
value = 1 + settings["alpha"] if kind == "als" else 1
matrix = csr_matrix(
    (np.full(len(items), value, dtype=np.float32), items, offsets), shape=(len(offsets) - 1, settings["items"])
)
model = None


def fit():
    global model
    if kind == "als":
        model = AlternatingLeastSquares(
            factors=settings["factors"],
            regularization=settings["regularisation"],
            alpha=1.0,
            iterations=settings["iterations"],
            use_cg=True,
            use_gpu=False,
            num_threads=settings["threads"],
            random_state=1,
        )
    else:
        model = CosineRecommender(K=settings["neighbours"], num_threads=settings["threads"])
    started = time.perf_counter()
    model.fit(matrix, show_progress=False)
    return {"seconds": time.perf_counter() - started}


def lists():
    users = np.arange(matrix.shape[0])
    ids, _ = model.recommend(users, matrix, N=20, filter_already_liked_items=True)
    ids.astype(np.int32).tofile(folder / "lists.bin")
    return {"rows": len(ids)}


for line in sys.stdin:
    print(json.dumps({"fit": fit, "lists": lists}[line.strip()]()), flush=True)
