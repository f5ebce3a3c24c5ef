"""A transformer on sequences in PyTorch: one command a line, one JSON answer a line.

    python torch_training.py FOLDER '{"items": 12000, "rows": 128, "drawn": 512, "dropout": 0.2, ...}'

FOLDER holds the first weights and the batches as raw arrays. `steps` makes a step of Adam on each batch and answers the
seconds of each and the last loss.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

folder, own = Path(sys.argv[1]), json.loads(sys.argv[2])
torch.set_num_threads(own["threads"])
rows, length, size, heads = own["rows"], own["length"], own["size"], own["heads"]


def array(name, dtype):
    return torch.from_numpy(np.fromfile(folder / f"{name}.bin", dtype=dtype))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.items = nn.Embedding(own["items"], size)
        self.places = nn.Embedding(length, size)
        self.block = nn.ModuleList(
            nn.TransformerEncoderLayer(
                size, heads, 4 * size, dropout=own["dropout"], activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(own["layers"])
        )
        self.norm = nn.LayerNorm(size)
        self.drop = nn.Dropout(own["dropout"])

    def forward(self, items, places, mask):
        x = self.drop(self.items(items) + self.places(places))
        for block in self.block:
            x = block(x, src_mask=mask)
        return self.norm(x).reshape(rows * length, size)


net = Net()
with torch.no_grad():
    for name, parameter in net.named_parameters():
        ours = name.replace("in_proj_weight", "in_proj.weight").replace("in_proj_bias", "in_proj.bias")
        parameter.copy_(array(f"weight {ours}", np.float32).reshape(parameter.shape))
optimiser = torch.optim.Adam(net.parameters(), lr=own["rate"])


def batch(n):
    held = {name: array(f"{n} {name}", np.int64) for name in ("items", "places", "targets")}
    held["items"] = held["items"].reshape(rows, length)
    held["places"] = held["places"].reshape(rows, length)
    held["weights"] = array(f"{n} weights", np.float32)
    mask = array(f"{n} mask", np.float32).reshape(rows, 1, length, length)
    held["mask"] = mask.expand(rows, heads, length, length).reshape(rows * heads, length, length)
    if own["drawn"]:
        held["draws"] = array(f"{n} draws", np.int64)
        held["logq"] = array(f"{n} drawsLogQ", np.float32)
    return held


batches = [batch(n) for n in range(own["batches"])]


def loss_of(given):
    out = net(given["items"], given["places"], given["mask"])
    targets = given["targets"]
    if own["drawn"]:
        positive = (out * net.items(targets)).sum(-1, keepdim=True)
        negatives = out @ net.items(given["draws"]).T - given["logq"]
        negatives = negatives.masked_fill(targets[:, None] == given["draws"][None], -1e9)
        logits, targets = torch.cat([positive, negatives], 1), torch.zeros_like(targets)
    else:
        logits = out @ net.items.weight.T
    each = F.cross_entropy(logits, targets, reduction="none")
    return (each * given["weights"]).sum() / given["weights"].sum()


def steps():
    seconds = []
    for given in batches:
        started = time.perf_counter()
        optimiser.zero_grad()
        loss = loss_of(given)
        loss.backward()
        optimiser.step()
        seconds.append(time.perf_counter() - started)
    return {"steps": seconds, "loss": loss.item()}


for line in sys.stdin:
    print(json.dumps(steps()), flush=True)
