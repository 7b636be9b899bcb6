"""Weights as Keras 2 saves them, of the first layers of its MobileNetV2: python make_keras_weights.py OUT.h5 OUT.json"""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tf_keras as keras

whole = keras.applications.MobileNetV2(input_shape=(32, 32, 3), alpha=0.1, include_top=False, weights=None)
model = keras.Model(whole.input, whole.get_layer("block_1_expand_BN").output)
random = np.random.default_rng(5)
model.set_weights([random.standard_normal(w.shape).astype("float32") for w in model.get_weights()])
model.save_weights(sys.argv[1])
json.dump(
    [dict(name=w.name, shape=list(w.shape), sum=float(v.sum(dtype="float64")), first=float(v.ravel()[0])) for w, v in zip(model.weights, model.get_weights())],
    open(sys.argv[2], "w"),
    indent=1,
)
