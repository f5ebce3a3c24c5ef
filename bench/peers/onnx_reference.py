"""Runs an ONNX model by the reference evaluator of the onnx package: inputs as JSON on standard input, outputs as JSON.

python onnx_reference.py MODEL < {"name": {"shape": [...], "type": "float32", "values": [...]}}
"""
import json
import sys

import numpy
import onnx
from onnx.reference import ReferenceEvaluator

model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
given = {
    name: numpy.array(one["values"], dtype=one["type"]).reshape(one["shape"])
    for name, one in json.load(sys.stdin).items()
}
names = [output.name for output in model.graph.output]
values = ReferenceEvaluator(model).run(None, given)
domains = sorted({entry.domain for entry in model.opset_import})
print(json.dumps({"domains": domains, "outputs": {n: v.astype("float64").flatten().tolist() for n, v in zip(names, values)}}))
