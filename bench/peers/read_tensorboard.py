"""Scalars of a folder of runs as the real TensorBoard reads them: python read_tensorboard.py FOLDER"""
import json
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

told = {}
for name in sorted(os.listdir(sys.argv[1])):
    run = EventAccumulator(os.path.join(sys.argv[1], name))
    run.Reload()
    told[name] = {tag: [[one.step, one.value] for one in run.Scalars(tag)] for tag in run.Tags()["scalars"]}
print(json.dumps(told))
