"""Reference values for MobileNetV2's training step, from PyTorch: a second, independent program beside Keras.

    python make_mobilenet_v2_torch.py SHARED OUT.json

The same weights, head and pictures as make_mobilenet_v2.py, in float64: one step's logits and every gradient, and losses
and weights over ten steps of stochastic gradient descent with momentum. The network is written out here by its
definition, with TensorFlow's SAME padding.
"""
import hashlib
import json
import sys

import numpy as np
import torch
from torch.nn import functional as F

from common import EACH, PEOPLE, describe, head, pictures, relative

RATE, MOMENTUM, STEPS, EPSILON = 1e-3, 0.9, 10, 1e-3
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def start(shared, dtype):
    archive = np.load(f"{shared}/weights/mobilenetv2_0.5_96_imagenet_google_bncal.npz")
    values = {name: archive[name] for name in archive.files if "moving" not in name}
    values["predictions/kernel"], values["predictions/bias"] = head()
    return {name: torch.tensor(v.astype(np.float64), dtype=dtype, requires_grad=True) for name, v in values.items()}


def same(x, kernel, stride):
    def pad(size):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2
    return F.pad(x, (*pad(x.shape[3]), *pad(x.shape[2])))


def network(p, x):
    used = set()

    def take(name):
        used.add(name)
        return p[name]

    def norm(name, x):
        return F.batch_norm(x, None, None, take(f"{name}/gamma"), take(f"{name}/beta"), training=True, eps=EPSILON)

    def conv(name, norm_name, x, stride=1):
        kernel = take(f"{name}/kernel").permute(3, 2, 0, 1)
        return norm(norm_name, F.conv2d(same(x, kernel.shape[2], stride), kernel, stride=stride))

    def depthwise(name, x, stride):
        kernel = take(f"{name}/depthwise_kernel").permute(2, 3, 0, 1)
        return norm(f"{name}_BN", F.conv2d(same(x, 3, stride), kernel, stride=stride, groups=kernel.shape[0]))

    x = F.relu6(conv("Conv1", "bn_Conv1", x, 2))
    block = 0
    for expansion, _, repeats, first in STAGES:
        for repeat in range(repeats):
            prefix, stride = ("expanded_conv" if block == 0 else f"block_{block}"), (first if repeat == 0 else 1)
            y = x
            if expansion != 1:
                y = F.relu6(conv(f"{prefix}_expand", f"{prefix}_expand_BN", y))
            y = F.relu6(depthwise(f"{prefix}_depthwise", y, stride))
            y = conv(f"{prefix}_project", f"{prefix}_project_BN", y)
            x = x + y if stride == 1 and x.shape == y.shape else y
            block += 1
    x = F.relu6(conv("Conv_1", "Conv_1_bn", x))
    logits = x.amax((2, 3)) @ take("predictions/kernel") + take("predictions/bias")
    assert used == set(p), set(p) - used
    return logits


def run(shared, dtype):
    x = torch.tensor((pictures(shared).astype(np.float64) / 127.5 - 1).transpose(0, 3, 1, 2), dtype=dtype)
    y = torch.arange(PEOPLE).repeat_interleave(EACH)
    p = start(shared, dtype)
    logits = network(p, x)
    loss = F.cross_entropy(logits, y)
    loss.backward()
    result = dict(logits=logits.detach().double().numpy().ravel(),
                  gradients={name: v.grad.detach().double().numpy() for name, v in p.items()})
    p = start(shared, dtype)
    optimizer = torch.optim.SGD(list(p.values()), RATE, momentum=MOMENTUM)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(p, x), y)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    result["losses"] = losses
    result["after"] = {name: v.detach().double().numpy() for name, v in p.items()}
    return result


shared, out = sys.argv[1:3]
single, double = run(shared, torch.float32), run(shared, torch.float64)
json.dump(
    dict(
        made_by=f"PyTorch {torch.__version__}, float64",
        pixels_sha256=hashlib.sha256(pictures(shared).tobytes()).hexdigest(),
        learning_rate=RATE, momentum=MOMENTUM,
        logits=double["logits"].tolist(), logits_float32=relative(single["logits"], double["logits"]),
        losses=double["losses"], losses_float32=single["losses"],
        gradients=describe(single["gradients"], double["gradients"]),
        after=describe(single["after"], double["after"]),
    ),
    open(out, "w"), indent=1,
)
