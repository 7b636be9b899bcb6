"""Runs int8 .tflite files in TensorFlow Lite Micro: microcontroller_run.py (MODEL ARENA)…

MODEL.in holds pictures one after the other as the model's input, MODEL.out receives what the model gives for each. Tells
whether the model can be loaded with so many bytes of memory, and with three quarters of them.
"""
import json
import os
import sys

import numpy as np
from tflite_micro.python.tflite_micro import runtime


def load(model, arena):
    try:
        return runtime.Interpreter.from_bytes(model, arena_size=arena)
    except RuntimeError:
        return None


results = []
for name, arena in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
    with open(name, "rb") as file:
        model = file.read()
    interpreter = load(model, arena)
    results.append(dict(loads=interpreter is not None, loadsWithLess=load(model, arena * 3 // 4) is not None))
    if interpreter is None or not os.path.exists(name + ".in"):
        continue
    given = interpreter.get_input_details(0)
    pictures = np.fromfile(name + ".in", given["dtype"]).reshape(-1, *given["shape"])
    out = []
    for picture in pictures:
        interpreter.set_input(picture, 0)
        interpreter.invoke()
        out.append(interpreter.get_output(0)[0].copy())
    np.stack(out).tofile(name + ".out")
with open(os.environ["RESULT"], "w") as file:
    json.dump(results, file)
