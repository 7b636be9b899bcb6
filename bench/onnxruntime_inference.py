"""Times MobileNetV2 inference in ONNX Runtime on the CPU, fp32: the network written as plain ONNX operations, random weights."""
import argparse
import json
import os
import resource
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

parser = argparse.ArgumentParser()
parser.add_argument("--batch", type=int, default=1)
parser.add_argument("--size", type=int, default=128)
parser.add_argument("--classes", type=int, default=100)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--steps", type=int, default=50)
args = parser.parse_args()

random = np.random.default_rng(1)
nodes, weights = [], []


def constant(name, values):
    weights.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
    return name


def node(kind, inputs, **attributes):
    output = f"v{len(nodes)}"
    nodes.append(helper.make_node(kind, inputs, [output], **attributes))
    return output


def conv(x, cin, cout, kernel, stride=1, groups=1, relu=True):
    i = len(nodes)
    fan = kernel * kernel * cin // groups
    w = constant(f"w{i}", random.standard_normal((cout, cin // groups, kernel, kernel)) / fan**0.5)
    pads = [(kernel - 1) // 2] * 2 + [kernel // 2] * 2
    y = node("Conv", [x, w], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads, group=groups)
    norm = [constant(f"norm{i}_{n}", v) for n, v in zip("gbmv", (np.ones(cout), np.zeros(cout), np.zeros(cout), np.ones(cout)))]
    y = node("BatchNormalization", [y, *norm], epsilon=1e-3)
    return node("Clip", [y, "zero", "six"]) if relu else y


constant("zero", 0.0)
constant("six", 6.0)
x = conv("x", 3, 32, 3, 2)
channels = 32
for expansion, filters, repeats, first in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
    for i in range(repeats):
        stride = first if i == 0 else 1
        wide = channels * expansion
        y = conv(x, channels, wide, 1) if expansion != 1 else x
        y = conv(y, wide, wide, 3, stride, wide)
        y = conv(y, wide, filters, 1, relu=False)
        x = node("Add", [x, y]) if stride == 1 and channels == filters else y
        channels = filters
x = conv(x, channels, 1280, 1)
x = node("Flatten", [node("GlobalMaxPool", [x])])
x = node("Gemm", [x, constant("head", random.standard_normal((1280, args.classes)) * 0.03), constant("bias", np.zeros(args.classes))])

shape = [args.batch, 3, args.size, args.size]
graph = helper.make_graph(
    nodes, "mobilenet_v2",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
    [helper.make_tensor_value_info(x, TensorProto.FLOAT, [args.batch, args.classes])], weights)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.checker.check_model(model)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = args.threads
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
pixels = random.integers(0, 256, shape).astype(np.uint8)
times = []
for _ in range(args.steps + 5):
    start = time.perf_counter()
    session.run(None, {"x": pixels.astype(np.float32) / np.float32(127.5) - np.float32(1)})
    times.append(time.perf_counter() - start)
times = sorted(times[5:])
median = times[len(times) // 2]
print(json.dumps(dict(peer="onnxruntime", version=onnxruntime.__version__, batch=args.batch, threads=args.threads,
                      images_per_s=round(args.batch / median, 2), peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
