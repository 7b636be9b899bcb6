"""Quantization-aware fine-tuning by tfmot, from a checkpoint of Face Trainer: python tfmot_qat.py DATA MODEL EPOCHS RATE

DATA is a folder with {train,validation}.{pixels,labels} (bytes [N, S, S, 3], int32 [N]) and shape.json, MODEL a
model.safetensors of MobileNetV2 with mean pooling. Mirrors half of the pictures, label smoothing 0.1, dropout 0.4, Adam with a
cosine to zero: the default recipe without its other distortions. Prints a line of JSON for each epoch, with the accuracy of
the float network first.
"""
import json
import os
import struct
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras

folder, model_file, epochs, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
shape = json.load(open(f"{folder}/shape.json"))
size, classes = shape["size"], shape["classes"]


def load(side):
    pixels = np.fromfile(f"{folder}/{side}.pixels", np.uint8).reshape(-1, size, size, 3)
    return pixels, np.fromfile(f"{folder}/{side}.labels", np.int32)


def safetensors(file):
    raw = open(file, "rb").read()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + length])
    body = raw[8 + length:]
    return {name: np.frombuffer(body[slice(*t["data_offsets"])], np.float32).reshape(t["shape"])
            for name, t in header.items() if name != "__metadata__"}


weights = safetensors(model_file)
base = keras.applications.MobileNetV2(input_shape=(size, size, 3), include_top=False, weights=None)
x = keras.layers.GlobalAveragePooling2D()(base.output)
x = keras.layers.Dropout(0.4)(x)
model = keras.Model(base.input, keras.layers.Dense(classes, name="predictions")(x))
for layer in model.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        layer.momentum = 0.97
    values = [weights[w.name.split(":")[0]] for w in layer.weights]
    if values:
        layer.set_weights([v.reshape(w.shape) for v, w in zip(values, layer.weights)])

(train, labels), (held, truth) = load("train"), load("validation")
scaled = lambda pixels: pixels.astype(np.float32) / 127.5 - 1


def accuracy(network):
    logits = network.predict(scaled(held), batch_size=64, verbose=0)
    return float((logits.argmax(1) == truth).mean())


print(json.dumps(dict(epoch=0, float_accuracy=accuracy(model))), flush=True)
network = tfmot.quantization.keras.quantize_model(model)
batch = 64
steps = len(train) // batch
network.compile(
    optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, epochs * steps)),
    loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), metrics=["accuracy"])
random = np.random.default_rng(128)
for epoch in range(1, epochs + 1):
    order = random.permutation(len(train))
    losses = []
    for i in range(steps):
        some = order[i * batch:(i + 1) * batch]
        pixels = train[some].copy()
        flip = random.random(batch) < 0.5
        pixels[flip] = pixels[flip, :, ::-1]
        losses.append(network.train_on_batch(scaled(pixels), keras.utils.to_categorical(labels[some], classes))[0])
    print(json.dumps(dict(epoch=epoch, loss=float(np.mean(losses)), accuracy=accuracy(network))), flush=True)
