"""MobileFaceNet by PyTorch, in float64: make_mobile_face_net_torch.py > mobile_face_net_torch.json

After table 1 of Chen et al. 2018. Of the paper's network: the shape behind each row of the table and the number of values of
each kind of layer. Of a narrow one: the embeddings of two pictures. Values are sines, so that no file of weights is needed. Kernels lie as TensorFlow has them: [kH, kW, Cin, Cout], depthwise [kH, kW, C, 1].
"""
import json

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def same(x, kernel, stride):
    """What TensorFlow's SAME adds: the odd row goes to the end."""
    pads = []
    for side in (x.shape[3], x.shape[2]):
        total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


class Unit(nn.Module):
    """Convolution, batch norm, and PReLU where it is not linear."""

    def __init__(self, cin, cout, kernel, stride=1, groups=1, linear=False, valid=False):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(cout, eps=1e-3)
        self.slope = None if linear else nn.PReLU(cout)
        self.pad = None if valid else (kernel, stride)

    def forward(self, x):
        x = self.norm(self.conv(same(x, *self.pad) if self.pad else x))
        return self.slope(x) if self.slope else x


class Bottleneck(nn.Module):
    def __init__(self, cin, cout, expansion, stride):
        super().__init__()
        inside = cin * expansion
        self.units = nn.Sequential(
            Unit(cin, inside, 1), Unit(inside, inside, 3, stride, inside), Unit(inside, cout, 1, linear=True))
        self.residual = stride == 1 and cin == cout

    def forward(self, x):
        return x + self.units(x) if self.residual else self.units(x)


def rows(size, channels, last, embedding):
    """The table: channels of its 64 and 128, of its 512, and of its 128 at the end."""
    c, d = channels
    table = [Unit(3, c, 3, 2), Unit(c, c, 3, 1, c)]
    cin = c
    for expansion, cout, repeats, stride in [(2, c, 5, 2), (4, d, 1, 2), (2, d, 6, 1), (4, d, 1, 2), (2, d, 2, 1)]:
        blocks = []
        for i in range(repeats):
            blocks.append(Bottleneck(cin, cout, expansion, stride if i == 0 else 1))
            cin = cout
        table.append(nn.Sequential(*blocks))
    table += [Unit(cin, last, 1), Unit(last, last, size // 16, 1, last, linear=True, valid=True),
              Unit(last, embedding, 1, linear=True)]
    return nn.Sequential(*table)


def wave(shape, frequency, low, high):
    i = np.arange(int(np.prod(shape)))
    values = (low + high) / 2 + (high - low) / 2 * np.sin(frequency * (i + 1))
    return torch.tensor(values.astype(np.float32).astype(np.float64).reshape(shape))


def count(net, kind):
    return sum(p.numel() for m in net.modules() if isinstance(m, kind) for p in m.parameters())


def paper():
    net = rows(112, (64, 128), 512, 128).eval()
    x, shapes = torch.zeros(1, 3, 112, 112), []
    for row in net:
        x = row(x)
        shapes.append([x.shape[2], x.shape[3], x.shape[1]])
    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    return {"shapes": shapes, "convolutions": len(convolutions), "kernels": count(net, nn.Conv2d),
            "norms": 2 * count(net, nn.BatchNorm2d), "slopes": count(net, nn.PReLU),
            "slope": net[0].slope.weight[0].item()}


def narrow():
    """The k-th parameter, in the order of the layers, has the frequency 1.1 + 0.17 k."""
    size = 48
    net = rows(size, (16, 32), 128, 64).eval()
    tensors = []
    for unit in (m for m in net.modules() if isinstance(m, Unit)):
        kernel = unit.conv.weight
        spread = 1.7 / np.sqrt(kernel[0].numel())
        to = (2, 3, 1, 0) if unit.conv.groups == 1 else (2, 3, 0, 1)
        tensors.append((kernel, to, -spread, spread))
        tensors += [(unit.norm.weight, None, 0.5, 1.5), (unit.norm.bias, None, -0.2, 0.2),
                    (unit.norm.running_mean, None, -0.2, 0.2), (unit.norm.running_var, None, 0.5, 1.5)]
        if unit.slope:
            tensors.append((unit.slope.weight, None, 0.1, 0.4))
    with torch.no_grad():
        for k, (tensor, to, low, high) in enumerate(tensors):
            shape = [tensor.shape[i] for i in to] if to else tensor.shape
            values = wave(shape, 1.1 + 0.17 * k, low, high)
            back = [to.index(i) for i in range(4)] if to else None
            tensor.copy_(values.permute(back) if to else values)
    pixels = np.floor(128 + 127 * np.sin(0.37 * (np.arange(2 * size * size * 3) + 1)))
    images = torch.tensor((pixels / 127.5 - 1).reshape(2, size, size, 3)).permute(0, 3, 1, 2)
    return {"size": size, "embedding": net(images).flatten(1).detach().numpy().tolist()}


print(json.dumps({"paper": paper(), "narrow": narrow()}))
