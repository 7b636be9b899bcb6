"""Quantization-aware training steps of a small network, by PyTorch in float64: make_qat_torch.py > qat_torch.json

Folded batch norms as torch.ao's ConvBn modules have them: the kernel times gamma / deviation (running statistics) is
fake-quantized for each output channel, the product is divided by the same factor and normalized by the batch. With frozen
batch norm the running statistics take part instead. Activations go through per-tensor fake quantizers with fixed ranges.
Values are sines, so that no file of weights is needed. Prints, for what is switched on, logits, loss, every gradient and
the batch's statistics.
"""
import json

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
N, SIDE, CLASSES, EPSILON = 6, 8, 4, 1e-3


def wave(shape, frequency, low, high):
    i = np.arange(int(np.prod(shape)))
    values = (low + high) / 2 + (high - low) / 2 * np.sin(frequency * (i + 1))
    return torch.tensor(values.astype(np.float32).astype(np.float64).reshape(shape))


def parameters():
    layers = [("c1", (3, 3, 3, 8)), ("c2", (3, 3, 8, 1)), ("c3", (1, 1, 8, 8)), ("c4", (1, 1, 8, 20))]
    values = {}
    for k, (name, shape) in enumerate(layers):
        channels = shape[2] if shape[3] == 1 else shape[3]
        kernel = "depthwise_kernel" if shape[3] == 1 else "kernel"
        values[f"{name}/{kernel}"] = wave(shape, 1.7 + 0.1 * k, -0.5, 0.5)
        values[f"{name}_bn/gamma"] = wave((channels,), 0.9 + 0.1 * k, 0.6, 1.6)
        values[f"{name}_bn/beta"] = wave((channels,), 1.1 + 0.1 * k, -0.2, 0.8)
        values[f"{name}_bn/moving_mean"] = wave((channels,), 0.7 + 0.1 * k, -0.3, 0.3)
        values[f"{name}_bn/moving_variance"] = wave((channels,), 0.5 + 0.1 * k, 0.3, 1.2)
    values["predictions/kernel"] = wave((20, CLASSES), 2.3, -0.7, 0.7)
    values["predictions/bias"] = wave((CLASSES,), 0.4, -0.3, 0.3)
    return values


# With round ends sums would often fall half way between two levels, where the last bit decides. The one before the pooling
# has steps of 1 / 64, so that a mean of 16 values is exact in any arithmetic, halves as well.
RANGES = {"input": (-1, 127 / 128), "c1_relu": (0, 3.0871), "c2_relu": (0, 2.9), "c3": (-2.2931, 2.6417), "add": (-2.1137, 5.5293),
          "c4_relu": (0, 255 / 64), "predictions": (-1.4, 1.9)}


def quantizer(low, high):
    low, high = np.float32(low), np.float32(high)
    scale = np.float32((high - low) / np.float32(255))
    zero = int(np.floor(np.float32(0 - low / scale) + 0.5))
    return float(scale), zero


class HalfUp(torch.autograd.Function):
    """A fake quantizer that rounds halves up, as TensorFlow's does; PyTorch's own takes the even neighbour."""

    @staticmethod
    def forward(context, x, scale, zero):
        level = torch.floor(x / scale + 0.5) + zero
        context.save_for_backward((x >= -zero * scale) & (x <= (255 - zero) * scale))
        return (level.clamp(0, 255) - zero) * scale

    @staticmethod
    def backward(context, gradient):
        return gradient * context.saved_tensors[0], None, None


def run(weights, activations, frozen):
    p = {name: value.clone().requires_grad_("moving" not in name) for name, value in parameters().items()}
    statistics = {}

    def activation(x, name):
        if not activations:
            return x
        return HalfUp.apply(x, *quantizer(*RANGES[name]))

    def kernel_quantizer(w):  # [O, ...]
        if not weights:
            return w
        largest = w.detach().to(torch.float32).abs().reshape(w.shape[0], -1).amax(1)
        scale = (2 * largest) / 254
        return torch.fake_quantize_per_channel_affine(w, scale.float(), torch.zeros(len(scale), dtype=torch.int32), 0, -127, 127)

    def layer(x, name, stride=1, depthwise=False):
        kernel = p[f"{name}/{'depthwise_kernel' if depthwise else 'kernel'}"]
        w = kernel.permute(2, 3, 0, 1) if depthwise else kernel.permute(3, 2, 0, 1)
        gamma, beta = p[f"{name}_bn/gamma"], p[f"{name}_bn/beta"]
        mean, variance = p[f"{name}_bn/moving_mean"], p[f"{name}_bn/moving_variance"]
        factor = gamma / torch.sqrt(variance + EPSILON)
        q = kernel_quantizer(w * factor.reshape(-1, 1, 1, 1))
        k = w.shape[2]
        out = -(-x.shape[2] // stride)
        total = max(0, (out - 1) * stride + k - x.shape[2])
        x = F.pad(x, (total // 2, total - total // 2) * 2)
        z = F.conv2d(x, q, stride=stride, groups=x.shape[1] if depthwise else 1)
        z = z / factor.reshape(1, -1, 1, 1)
        if frozen:
            return F.batch_norm(z, mean, variance, gamma, beta, False, 0, EPSILON)
        statistics[f"{name}_bn/moving_mean"] = z.detach().mean((0, 2, 3))
        statistics[f"{name}_bn/moving_variance"] = z.detach().var((0, 2, 3))
        return F.batch_norm(z, None, None, gamma, beta, True, 0, EPSILON)

    pixels = (np.arange(N * SIDE * SIDE * 3) * 7919 % 251).reshape(N, SIDE, SIDE, 3)
    x = torch.tensor(pixels / 127.5 - 1).permute(0, 3, 1, 2)
    x = activation(x, "input")
    x = activation(F.relu6(layer(x, "c1", 2)), "c1_relu")
    y = activation(F.relu6(layer(x, "c2", depthwise=True)), "c2_relu")
    y = activation(layer(y, "c3"), "c3")
    x = activation(x + y, "add")
    x = activation(F.relu6(layer(x, "c4")), "c4_relu")
    x = activation(x.mean((2, 3)), "c4_relu")
    kernel = kernel_quantizer(p["predictions/kernel"].T)
    logits = activation(x @ kernel.T + p["predictions/bias"], "predictions")
    labels = torch.arange(N) % CLASSES
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    return {
        "logits": logits.detach().flatten().tolist(),
        "loss": loss.item(),
        "gradients": {name: value.grad.flatten().tolist() for name, value in p.items() if value.requires_grad},
        "statistics": {name: value.tolist() for name, value in statistics.items()},
    }


CASES = {"nothing": (False, False, False), "weights": (True, False, False), "everything": (True, True, False),
         "everything, frozen": (True, True, True)}
result = {name: run(*switches) for name, switches in CASES.items()}
round_all = lambda v: v if isinstance(v, str) else float(f"{v:.9g}") if isinstance(v, (int, float)) else [round_all(x) for x in v] if isinstance(v, list) else {k: round_all(x) for k, x in v.items()}
print(json.dumps({"torch": torch.__version__, "ranges": {k: list(v) for k, v in RANGES.items()}, "cases": round_all(result)}))
