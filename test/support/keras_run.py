"""Loads weights by name into Keras' MobileNetV2 and runs pictures: keras_run.py WEIGHTS SIZE WIDTH POOLING CLASSES

WEIGHTS.in holds float32 pictures [N, SIZE, SIZE, 3], WEIGHTS.out receives the probabilities, or with CLASSES 0 the features.
Tells how many layers have got other values than they began with.
"""
import json
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

weights, size, width, pooling, classes = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], int(sys.argv[5])
base = keras.applications.MobileNetV2(input_shape=(size, size, 3), alpha=width, include_top=False, weights=None, pooling=pooling)
model = base
if classes:
    model = keras.Model(base.input, keras.layers.Dense(classes, activation="softmax", name="predictions")(base.output))
before = [[value.copy() for value in layer.get_weights()] for layer in model.layers]
model.load_weights(weights, by_name=True)
changed = sum(any((a != b).any() for a, b in zip(old, layer.get_weights())) for old, layer in zip(before, model.layers))
pictures = np.fromfile(weights + ".in", np.float32).reshape(-1, size, size, 3)
model.predict(pictures, batch_size=64, verbose=0).astype(np.float32).tofile(weights + ".out")
with open(os.environ["RESULT"], "w") as file:
    json.dump(dict(changed=changed, layers=sum(bool(layer.get_weights()) for layer in model.layers)), file)
