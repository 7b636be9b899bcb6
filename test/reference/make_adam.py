"""Ten steps of Keras' Adam and AdamW on three numbers, in float32: python make_adam.py OUT.json"""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tensorflow as tf
import tf_keras as keras



def ten_steps(optimizer):
    weights = tf.Variable(np.array([0.5, -1.0, 2.0], "float32"))
    rows = []
    for step in range(1, 11):
        gradient = np.array([np.sin(step), 1e-3 * step, -10.0 / step], "float32")
        optimizer.apply_gradients([(tf.constant(gradient), weights)])
        rows.append(weights.numpy().astype(float).tolist())
    return rows


json.dump(
    dict(
        made_by=f"tf_keras {keras.__version__}",
        rows=ten_steps(keras.optimizers.legacy.Adam(2e-4)),
        decayed=ten_steps(keras.optimizers.AdamW(2e-4, weight_decay=0.5)),
    ),
    open(sys.argv[1], "w"),
)
