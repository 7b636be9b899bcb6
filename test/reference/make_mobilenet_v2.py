"""Reference values for MobileNetV2's training step, from Keras on TensorFlow.

    python make_mobilenet_v2.py SHARED OUT.json

Fixed weights (width 0.5, the ImageNet file of the shared folder; a head given by a formula) and eight real pictures
(ORL, cropped, not resized, so that every decoder gives the same bytes; their hash stands in the file). Two parts:
one step's logits, loss, every gradient and running statistic, and the running statistics and weights after ten steps of Adam.
Gradients are recorded as norm, three projections on fixed vectors and their first values: a wrong element changes a
projection. Everything is computed in float64 as well; the distance between float32 and float64 is the tolerance that
float32 arithmetic itself needs, and is recorded beside each value.
"""
import hashlib
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tensorflow as tf
import tf_keras as keras

from common import EACH, PEOPLE, SIDE, describe, head, pictures, relative

MOMENTUM, RATE, STEPS = 0.9, 2e-4, 10


def build(shared, dtype):
    keras.backend.set_floatx(dtype)
    keras.backend.clear_session()
    base = keras.applications.MobileNetV2(input_shape=(SIDE, SIDE, 3), alpha=0.5, include_top=False, weights=None)
    archive = np.load(f"{shared}/weights/mobilenetv2_0.5_96_imagenet_google_bncal.npz")
    base.set_weights([archive[v.name.split(":")[0]] for v in base.weights])
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    logits = keras.layers.Dense(PEOPLE, name="predictions")(keras.layers.GlobalMaxPooling2D()(base.output))
    model = keras.Model(base.input, logits)
    model.get_layer("predictions").set_weights(head())
    return model


def loss_of(model, x, y):
    logits = model(x, training=True)
    return logits, tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))


def run(shared, dtype):
    pixels = pictures(shared)
    x = tf.constant((pixels.astype(np.float64) / 127.5 - 1).astype(dtype))
    y = np.repeat(np.arange(PEOPLE), EACH)
    model = build(shared, dtype)
    with tf.GradientTape() as tape:
        logits, loss = loss_of(model, x, y)
    gradients = tape.gradient(loss, model.trainable_variables)
    # Keras has moved the running statistics in the forward pass.
    statistics = {v.name.split(":")[0]: v.numpy() for v in model.non_trainable_variables}
    result = dict(
        statistics=statistics,
        logits=logits.numpy().astype(float).ravel().tolist(),
        loss=float(loss),
        gradients={v.name.split(":")[0]: g.numpy() for v, g in zip(model.trainable_variables, gradients)},
    )
    model = build(shared, dtype)
    optimizer = keras.optimizers.legacy.Adam(RATE)
    losses = []
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            _, loss = loss_of(model, x, y)
        losses.append(float(loss))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    result["losses"] = losses
    result["after"] = {v.name.split(":")[0]: v.numpy() for v in model.weights}
    return result


shared, out = sys.argv[1:3]
single, double = run(shared, "float32"), run(shared, "float64")
json.dump(
    dict(
        made_by=f"tf_keras {keras.__version__}, TensorFlow {tf.__version__}, float64",
        pixels_sha256=hashlib.sha256(pictures(shared).tobytes()).hexdigest(),
        momentum=MOMENTUM, learning_rate=RATE, steps=STEPS,
        logits=double["logits"], logits_float32=relative(np.array(single["logits"]), np.array(double["logits"])),
        loss=double["loss"], losses=double["losses"], losses_float32=single["losses"],
        gradients=describe(single["gradients"], double["gradients"]),
        statistics=describe(single["statistics"], double["statistics"]),
        after=describe(single["after"], double["after"]),
    ),
    open(out, "w"), indent=1,
)
