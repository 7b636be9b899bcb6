"""Loss, scores and gradients of what face networks are made of, by PyTorch in float64: make_face_ops_torch.py > face_ops_torch.json

Each case is a network of its own: floats [N, H, W, 3] → a 1x1 convolution, whose gradient holds that of what it gives → what
is tried → mean over the map → dense → mean softmax cross-entropy. Values are sines, so that no file of weights is needed.
Kernels lie as TensorFlow has them: [kH, kW, Cin, Cout], depthwise [kH, kW, C, 1], dense [Cin, Cout].
"""
import json

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
N, H, W, CHANNELS, CLASSES = 3, 7, 5, 6, 4


def wave(shape, frequency, low=-1.0, high=1.0):
    i = np.arange(int(np.prod(shape)))
    values = (low + high) / 2 + (high - low) / 2 * np.sin(frequency * (i + 1))
    return torch.tensor(values.astype(np.float32).astype(np.float64).reshape(shape))


class Network:
    """Its parameters by name, made as they are asked for; the k-th has the frequency 1.1 + 0.17 k."""

    def __init__(self):
        self.parameters = {}

    def parameter(self, name, shape):
        value = wave(shape, 1.1 + 0.17 * len(self.parameters)).requires_grad_()
        self.parameters[name] = value
        return value

    # padding: top, bottom, left, right.
    def conv2d(self, name, x, filters, size, stride=1, padding=(0, 0, 0, 0), bias=True):
        kernel = self.parameter(f"{name}/kernel", (size, size, x.shape[1], filters))
        top, bottom, left, right = padding
        y = F.conv2d(F.pad(x, (left, right, top, bottom)), kernel.permute(3, 2, 0, 1), stride=stride)
        return y + self.parameter(f"{name}/bias", (filters,)).reshape(1, -1, 1, 1) if bias else y

    def depthwise(self, name, x, size, stride, padding):
        channels = x.shape[1]
        kernel = self.parameter(f"{name}/depthwise_kernel", (size, size, channels, 1))
        top, bottom, left, right = padding
        y = F.conv2d(F.pad(x, (left, right, top, bottom)), kernel.permute(2, 3, 0, 1), stride=stride, groups=channels)
        return y + self.parameter(f"{name}/bias", (channels,)).reshape(1, -1, 1, 1)

    def dense(self, name, x, count):
        kernel = self.parameter(f"{name}/kernel", (x.shape[1], count))
        y = x.flatten(1) @ kernel + self.parameter(f"{name}/bias", (count,))
        return y.reshape(x.shape[0], count, 1, 1)

    def prelu(self, name, x):
        return F.prelu(x, self.parameter(f"{name}/alpha", (x.shape[1],)))

    def excited(self, x):
        squeezed = self.prelu("squeeze_prelu", self.dense("squeeze", x.mean((2, 3), keepdim=True), 2))
        return x * torch.sigmoid(self.dense("excite", squeezed, x.shape[1]))


def max_pool(x, size, stride, padding):
    top, bottom, left, right = padding
    return F.max_pool2d(F.pad(x, (left, right, top, bottom), value=-torch.inf), size, stride)


CASES = {
    "convolution with a bias": lambda n, x: n.conv2d("tried", x, 5, 3, 1, (1, 1, 1, 1)),
    "convolution without padding": lambda n, x: n.conv2d("tried", x, 5, 3, 2),
    "convolution padded on one side": lambda n, x: n.conv2d("tried", x, 4, 2, 2, (1, 0, 0, 1)),
    "convolution padded beyond its kernel's middle": lambda n, x: n.conv2d("tried", x, 4, 3, 2, (2, 1, 0, 2), bias=False),
    "depthwise convolution with a bias": lambda n, x: n.depthwise("tried", x, 3, 1, (1, 1, 1, 1)),
    "depthwise convolution padded unevenly": lambda n, x: n.depthwise("tried", x, 3, 2, (0, 1, 2, 0)),
    "depthwise convolution to one place": lambda n, x: n.depthwise("tried", x, 5, 5, (0, 0, 0, 0)),
    "prelu": lambda n, x: n.prelu("tried", x),
    "sigmoid": lambda n, x: torch.sigmoid(x),
    "squeeze and excitation": lambda n, x: n.excited(x),
    "two maps side by side": lambda n, x: torch.cat([n.conv2d("one", x, 2, 1), n.conv2d("other", x, 5, 1)], 1),
    "a map beside itself": lambda n, x: torch.cat([x, x], 1),
    "maximum of windows that overlap": lambda n, x: max_pool(x, 3, 2, (0, 1, 0, 1)),
    "maximum of windows with a rim": lambda n, x: max_pool(x, 2, 1, (1, 0, 1, 1)),
    "unit vectors": lambda n, x: F.normalize(x.mean((2, 3), keepdim=True), dim=1, eps=1e-12),
}


def result(tried):
    network = Network()
    x = wave((N, H, W, 3), 0.61).permute(0, 3, 1, 2)
    y = tried(network, network.conv2d("before", x, CHANNELS, 1, bias=False))
    logits = network.dense("scores", y.mean((2, 3), keepdim=True), CLASSES).reshape(N, CLASSES)
    loss = F.cross_entropy(logits, torch.arange(N) % CLASSES)
    loss.backward()
    return {
        "loss": loss.item(),
        "logits": logits.flatten().tolist(),
        "gradients": {name: value.grad.flatten().tolist() for name, value in network.parameters.items()},
    }


cases = {name: result(tried) for name, tried in CASES.items()}
print(json.dumps({"torch": torch.__version__, "cases": cases}))
