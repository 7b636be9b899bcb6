"""Times training steps of a face network of the Open Model Zoo in PyTorch (channels-last, fp32): its layers as OpenVINO's files have
them, a cosine classifier with CosFace's margin on top, Adam."""
import argparse
import json
import os
import resource
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--folder", required=True)
parser.add_argument("--network", required=True, help="name of its files")
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--classes", type=int, default=158)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--steps", type=int, default=8)
args = parser.parse_args()
torch.set_num_threads(args.threads)

path = os.path.join(args.folder, args.network)
root = ElementTree.parse(path + ".xml").getroot()
constants = open(path + ".bin", "rb").read()
layers = {layer.get("id"): layer for layer in root.find("layers")}
sources = {}
for edge in root.find("edges"):
    sources.setdefault(edge.get("to-layer"), {})[int(edge.get("to-port"))] = edge.get("from-layer")
DTYPES = {"f16": np.float16, "f32": np.float32, "i64": np.int64, "i32": np.int32}


def constant_of(layer_id):
    layer = layers[layer_id]
    if layer.get("type") == "Convert":
        return constant_of(sources[layer_id][0])
    if layer.get("type") != "Const":
        return None
    data = layer.find("data")
    shape = [int(n) for n in data.get("shape").split(",")] if data.get("shape") else []
    read = np.frombuffer(constants, DTYPES[data.get("element_type")], int(np.prod(shape)), int(data.get("offset")))
    return torch.from_numpy(read.reshape(shape).astype(np.float32) if read.dtype == np.float16 else read.reshape(shape).copy())


class Network(nn.Module):
    """Runs the layers in their order; the sum of a convolution and a constant is its bias."""

    def __init__(self):
        super().__init__()
        self.steps, self.result = [], None
        self.weights = nn.ParameterList()
        shapes, convolutions = {}, {}
        for layer_id, layer in layers.items():
            kind = layer.get("type")
            data = layer.find("data").attrib if layer.find("data") is not None else {}
            inputs = [source for _, source in sorted(sources.get(layer_id, {}).items())]
            ints = lambda key: [int(n) for n in data[key].split(",")]
            if kind == "Parameter":
                self.input, self.shape = layer_id, ints("shape")
                continue
            if kind == "Result":
                self.result = inputs[0]
                continue
            second = constant_of(inputs[1]) if len(inputs) > 1 else None
            if kind in ("Convolution", "GroupConvolution"):
                groups = second.shape[0] if kind == "GroupConvolution" else 1
                kernel = self.weight(second.reshape(-1, *second.shape[2:]) if groups > 1 else second)
                pads = ints("pads_begin") + ints("pads_end")
                step = [layer_id, "conv", inputs[0], kernel, None, ints("strides"), pads, groups]
                convolutions[layer_id] = step
                self.steps.append(step)
            elif kind == "Add" and second is not None and inputs[0] in convolutions:
                convolutions[inputs[0]][4] = self.weight(second.reshape(-1))
                self.steps.append([layer_id, "same", inputs[0]])
            elif kind in ("Add", "Multiply") and second is not None:
                self.steps.append([layer_id, "constant " + kind, inputs[0], second])
            elif kind in ("Add", "Multiply"):
                self.steps.append([layer_id, kind, *inputs])
            elif kind == "PReLU":
                self.steps.append([layer_id, kind, inputs[0], self.weight(second.reshape(1))])
            elif kind in ("Sigmoid", "AvgPool"):
                self.steps.append([layer_id, kind, inputs[0]])
            elif kind not in ("Const", "Convert"):
                raise SystemExit(f"{kind} is not known here")

    def weight(self, value):
        self.weights.append(nn.Parameter(value.clone()))
        return len(self.weights) - 1

    def forward(self, x):
        values, w = {self.input: x}, self.weights
        for name, kind, first, *rest in self.steps:
            x = values[first]
            if kind == "conv":
                kernel, bias, strides, (top, left, bottom, right), groups = rest
                if (top, left) != (bottom, right):
                    x, top, left = F.pad(x, (left, right, top, bottom)), 0, 0
                x = F.conv2d(x, w[kernel], w[bias] if bias is not None else None, strides, (top, left), 1, groups)
            elif kind == "constant Add":
                x = x + rest[0]
            elif kind == "constant Multiply":
                x = x * rest[0]
            elif kind == "Add":
                x = x + values[rest[0]]
            elif kind == "Multiply":
                x = x * values[rest[0]]
            elif kind == "PReLU":
                x = F.prelu(x, w[rest[0]])
            elif kind == "Sigmoid":
                x = torch.sigmoid(x)
            elif kind == "AvgPool":
                x = x.mean((2, 3), keepdim=True)
            values[name] = x
        return values[self.result].flatten(1)


network = Network().to(memory_format=torch.channels_last)
classifier = nn.Parameter(torch.randn(args.classes, 256))
shape = [args.batch, *network.shape[1:]]
pixels = torch.from_numpy(np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8))
labels = torch.arange(args.batch) % args.classes
optimizer = torch.optim.Adam([*network.parameters(), classifier], 2e-4)
times = []
for _ in range(args.steps + 2):
    start = time.perf_counter()
    optimizer.zero_grad()
    x = pixels.to(memory_format=torch.channels_last).float()
    cosines = F.linear(F.normalize(network(x)), F.normalize(classifier))
    loss = F.cross_entropy(32 * (cosines - 0.4 * F.one_hot(labels, args.classes)), labels)
    loss.backward()
    optimizer.step()
    loss.item()
    times.append(time.perf_counter() - start)
times = sorted(times[2:])
median = times[len(times) // 2]
print(json.dumps(dict(peer="torch", torch=torch.__version__, batch=args.batch, threads=args.threads,
                      images_per_s=round(args.batch / median, 2), peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
