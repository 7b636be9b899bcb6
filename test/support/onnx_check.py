"""Checks .onnx files: onnx_check.py MODEL…

Runs onnx.checker with shape inference over each and tells versions, metadata and operators.
"""
import json
import os
import sys

import onnx

results = []
for name in sys.argv[1:]:
    model = onnx.load(name)
    onnx.checker.check_model(model, full_check=True)
    results.append(dict(
        irVersion=model.ir_version,
        opset=model.opset_import[0].version,
        metadata={entry.key: entry.value for entry in model.metadata_props},
        operators=sorted({node.op_type for node in model.graph.node}),
    ))
with open(os.environ["RESULT"], "w") as file:
    json.dump(dict(results=results), file)
