"""Writes what PyTorch makes of small layers, losses and optimisers, in float64: the values that our own are tested against.

python torch_values.py > test/vectors/torch-values.json
"""
import json
import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
out = {"torch": torch.__version__.split("+")[0], "layers": {}, "losses": {}, "optimisers": {}}


def told(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.12g}") for v in tensor.detach().flatten().tolist()]}


def write(name, parameters, inputs, y, integers=()):
    """Values, and gradients of the sum of the values times their places."""
    weights = torch.arange(1, y.numel() + 1, dtype=torch.float64).reshape(y.shape) / y.numel()
    loss = (y * weights).sum()
    leaves = {**parameters, **{k: v for k, v in inputs.items() if k not in integers}}
    slopes = torch.autograd.grad(loss, list(leaves.values()))
    out["layers"][name] = {
        "parameters": {k: told(v) for k, v in parameters.items()},
        "inputs": {k: told(v) for k, v in inputs.items()},
        "output": told(y),
        "gradients": {k: told(g) for k, g in zip(leaves, slopes)},
    }


def x(*shape):
    return torch.randn(*shape, requires_grad=True)


def drawn(*shape):
    return (0.5 * torch.randn(*shape)).requires_grad_()


one = nn.Linear(4, 3)
given = x(2, 5, 4)
write("linear", {"l.weight": one.weight, "l.bias": one.bias}, {"x": given}, one(given))

norm = nn.LayerNorm(5)
nn.init.normal_(norm.weight)
nn.init.normal_(norm.bias)
given = x(3, 5)
write("layerNorm", {"l.weight": norm.weight, "l.bias": norm.bias}, {"x": given}, norm(given))

table = nn.Embedding(4, 3)
at = torch.tensor([[0, 2, 2], [3, 2, 0]])
write("embedding", {"l.weight": table.weight}, {"at": at}, table(at), integers=("at",))

causal = torch.triu(torch.full((4, 4), float("-inf")), 1)
look = nn.MultiheadAttention(6, 2, batch_first=True)
nn.init.normal_(look.in_proj_bias)
nn.init.normal_(look.out_proj.bias)
given = x(2, 4, 6)
attention = {
    "l.in_proj.weight": look.in_proj_weight, "l.in_proj.bias": look.in_proj_bias,
    "l.out_proj.weight": look.out_proj.weight, "l.out_proj.bias": look.out_proj.bias,
}
write("selfAttention", attention, {"x": given}, look(given, given, given, attn_mask=causal, need_weights=False)[0])

for name, first, activation in (("blockNormedFirst", True, "gelu"), ("blockNormedAfter", False, "relu")):
    block = nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0, activation=activation, batch_first=True, norm_first=first)
    for p in block.parameters():
        if p.dim() == 1:
            nn.init.normal_(p)
    names = {
        "l.self_attn.in_proj.weight": block.self_attn.in_proj_weight, "l.self_attn.in_proj.bias": block.self_attn.in_proj_bias,
        "l.self_attn.out_proj.weight": block.self_attn.out_proj.weight, "l.self_attn.out_proj.bias": block.self_attn.out_proj.bias,
    }
    for part in ("linear1", "linear2", "norm1", "norm2"):
        for kind in ("weight", "bias"):
            names[f"l.{part}.{kind}"] = getattr(getattr(block, part), kind)
    given = x(2, 4, 6)
    write(name, names, {"x": given}, block(given, src_mask=causal))

cell = nn.GRU(3, 4, batch_first=True)
given = x(2, 5, 3)
write(
    "gru",
    {"l.ih.weight": cell.weight_ih_l0, "l.ih.bias": cell.bias_ih_l0, "l.hh.weight": cell.weight_hh_l0, "l.hh.bias": cell.bias_hh_l0},
    {"x": given}, cell(given)[0],
)

conv = nn.Conv1d(3, 2, 3, dilation=2)
given = x(2, 6, 3)
write("causalConvolution", {"l.weight": conv.weight, "l.bias": conv.bias}, {"x": given},
      conv(F.pad(given.transpose(1, 2), (4, 0))).transpose(1, 2))

inner, score = nn.Linear(4, 3), nn.Linear(3, 1, bias=False)
given = x(2, 5, 4)
share = torch.softmax(score(torch.tanh(inner(given))).squeeze(-1), -1)
write("attentionPooling", {"l.inner.weight": inner.weight, "l.inner.bias": inner.bias, "l.score.weight": score.weight},
      {"x": given}, (share.unsqueeze(-1) * given).sum(1))

first, second = nn.Linear(4, 6), nn.Linear(6, 2)
given = x(3, 4)
write("multilayer", {"l.0.weight": first.weight, "l.0.bias": first.bias, "l.1.weight": second.weight, "l.1.bias": second.bias},
      {"x": given}, second(torch.relu(first(given))))

experts, gates = [nn.Linear(4, 3) for _ in range(2)], [nn.Linear(4, 2) for _ in range(2)]
given = x(3, 4)
said = torch.stack([torch.relu(e(given)) for e in experts], 1)
tasks = torch.stack([(torch.softmax(g(given), -1).unsqueeze(-1) * said).sum(1) for g in gates], 1)
names = {}
for kind, list_of in (("expert", experts), ("gate", gates)):
    for n, l in enumerate(list_of):
        names[f"l.{kind}.{n}.weight"], names[f"l.{kind}.{n}.bias"] = l.weight, l.bias
write("sharedExperts", names, {"x": given}, tasks)

given = x(3, 4)
write("unitVectors", {}, {"x": given}, F.normalize(given, dim=-1))


def loss(name, inputs, value, integers=()):
    leaves = {k: v for k, v in inputs.items() if k not in integers}
    slopes = torch.autograd.grad(value, list(leaves.values()))
    out["losses"][name] = {
        "inputs": {k: told(v) for k, v in inputs.items()},
        "loss": float(value),
        "gradients": {k: told(g) for k, g in zip(leaves, slopes)},
    }


logits, targets = x(4, 5), torch.tensor([0, 3, 4, 3])
loss("crossEntropy", {"logits": logits, "targets": targets}, F.cross_entropy(logits, targets), ("targets",))
logits, labels = x(6), torch.tensor([0.0, 1, 1, 0, 0.5, 1])
loss("binaryCrossEntropy", {"logits": logits, "labels": labels}, F.binary_cross_entropy_with_logits(logits, labels), ("labels",))
positive, negative = x(5), x(5)
loss("bayesianRanking", {"positive": positive, "negative": negative}, -F.logsigmoid(positive - negative).mean())
loss("marginRanking", {"positive": positive, "negative": negative},
     F.margin_ranking_loss(positive, negative, torch.ones(5), margin=0.5))
values, wanted = x(5), torch.randn(5)
loss("squaredError", {"values": values, "targets": wanted}, F.mse_loss(values, wanted), ("targets",))
positive, negatives, log_q = x(3), x(3, 4), torch.randn(4)
both = torch.cat([positive.unsqueeze(1) + 1.5, negatives - log_q], 1)
loss("sampledSoftmax", {"positive": positive, "negatives": negatives, "logQ": log_q},
     F.cross_entropy(both, torch.zeros(3, dtype=torch.long)), ("logQ",))
# A quarter of all negatives, calibrated by three quarters.
power = 0.25 * (0.75 * (1 - 1 / 0.25) + 1 / 0.25)
loss("generalisedBinary", {"positive": positive, "negatives": negatives},
     -(power * F.logsigmoid(positive) + F.logsigmoid(-negatives).sum(-1)).mean())
a, b = x(4, 3), x(4, 3)
own = torch.arange(4)
loss("contrastive", {"a": a, "b": b}, (F.cross_entropy(a @ b.T / 0.2, own) + F.cross_entropy(b @ a.T / 0.2, own)) / 2)
scores, relevances = x(3, 4), torch.randn(3, 4)
loss("listwise", {"scores": scores, "relevances": relevances},
     F.cross_entropy(scores, torch.softmax(relevances, -1)), ("relevances",))

# Weights of a regression over five steps.
features, answers, start = torch.randn(6, 3), torch.randn(6), torch.randn(3)
out["regression"] = {"features": told(features), "answers": told(answers), "start": told(start)}
kinds = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.02),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.8, 0.95), weight_decay=0.02),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.3),
    "clipped": lambda p: torch.optim.SGD(p, lr=0.1),
}
for name, kind in kinds.items():
    weights = start.clone().requires_grad_()
    optimiser = kind([weights])
    steps = []
    for _ in range(5):
        optimiser.zero_grad()
        F.mse_loss(features @ weights, answers).backward()
        if name == "clipped":
            nn.utils.clip_grad_norm_([weights], 0.5)
        optimiser.step()
        steps.append(told(weights)["values"])
    out["optimisers"][name] = steps

print(json.dumps(out, separators=(",", ":")))
