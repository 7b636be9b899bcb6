"""Runs .tflite files in LiteRT: litert_run.py [--reference] MODEL…

MODEL.in holds pictures one after the other in the type and shape of the model's input, MODEL.out receives what the model gives
for each. With --reference the plain kernels of the specification run instead of the optimized ones. Tells type and shape of
the outputs and the files' signatures.
"""
import json
import os
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

models = [name for name in sys.argv[1:] if name != "--reference"]
resolver = OpResolverType.BUILTIN_REF if "--reference" in sys.argv else OpResolverType.AUTO
results = []
for model in models:
    interpreter = Interpreter(model, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    given, wanted = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    pictures = np.fromfile(model + ".in", given["dtype"]).reshape(-1, *given["shape"])
    out = []
    for picture in pictures:
        interpreter.set_tensor(given["index"], picture)
        interpreter.invoke()
        out.append(interpreter.get_tensor(wanted["index"])[0].copy())
    np.stack(out).tofile(model + ".out")
    results.append(dict(
        type=np.dtype(wanted["dtype"]).name,
        shape=[int(n) for n in wanted["shape"]],
        quantization=list(wanted["quantization"]),
        signatures=interpreter.get_signature_list(),
    ))
with open(os.environ["RESULT"], "w") as file:
    json.dump(dict(results=results), file)
