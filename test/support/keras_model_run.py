"""Loads whole models in Keras and runs pictures: keras_model_run.py MODEL…

MODEL.in holds float32 pictures as the model's input, MODEL.out receives what it gives. Tells the shape of each output and the
classes of the layers.
"""
import json
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

results = []
for name in sys.argv[1:]:
    model = keras.models.load_model(name, compile=False)
    pictures = np.fromfile(name + ".in", np.float32).reshape(-1, *model.input_shape[1:])
    out = model.predict(pictures, batch_size=16, verbose=0).astype(np.float32)
    out.tofile(name + ".out")
    results.append(dict(shape=list(out.shape), layers=sorted({type(layer).__name__ for layer in model.layers})))
with open(os.environ["RESULT"], "w") as file:
    json.dump(results, file)
