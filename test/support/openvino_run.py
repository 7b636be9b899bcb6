"""Runs pictures through networks of OpenVINO's IR, in float32.

openvino_run.py NETWORK.xml:PIXELS:HxW[:LAYER,LAYER...] ...

PIXELS holds bytes [N, H, W, 3] in RGB. Writes PIXELS.out: float32 [N, h, w, C] of the output, or
of the named layers one behind the other in C.
"""

import json
import os
import sys

import numpy as np
import openvino as ov

core = ov.Core()
for job in sys.argv[1:]:
    xml, pixels, size, *layers = job.split(":")
    height, width = map(int, size.split("x"))
    model = core.read_model(xml)
    if layers:
        by_name = {op.get_friendly_name(): op for op in model.get_ops()}
        model = ov.Model([by_name[name].output(0) for name in layers[0].split(",")], model.get_parameters())
    model.reshape([1, 3, height, width])
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2})
    pictures = np.fromfile(pixels, np.uint8).reshape(-1, height, width, 3)
    outputs = []
    for picture in pictures:
        bgr = picture[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        maps = list(compiled([np.ascontiguousarray(bgr)]).values())
        outputs.append(np.concatenate([m.transpose(0, 2, 3, 1) for m in maps], axis=3)[0])
    np.stack(outputs).astype(np.float32).tofile(f"{pixels}.out")

with open(os.environ["RESULT"], "w") as file:
    json.dump({"openvino": ov.__version__}, file)
