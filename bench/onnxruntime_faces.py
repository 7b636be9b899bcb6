"""Times a face network of the Open Model Zoo in ONNX Runtime on the CPU, fp32: its layers as OpenVINO's files have them, written as ONNX."""
import argparse
import json
import os
import resource
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

parser = argparse.ArgumentParser()
parser.add_argument("--folder", required=True)
parser.add_argument("--network", required=True, help="name of its files")
parser.add_argument("--batch", type=int, default=1)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--steps", type=int, default=50)
args = parser.parse_args()

path = os.path.join(args.folder, args.network)
root = ElementTree.parse(path + ".xml").getroot()
constants = open(path + ".bin", "rb").read()
layers = {layer.get("id"): layer for layer in root.find("layers")}
sources, readers = {}, {}
for edge in root.find("edges"):
    sources.setdefault(edge.get("to-layer"), {})[int(edge.get("to-port"))] = edge.get("from-layer")
    readers[edge.get("from-layer")] = readers.get(edge.get("from-layer"), 0) + 1
DTYPES = {"f16": np.float16, "f32": np.float32, "i64": np.int64, "i32": np.int32}
nodes, weights, values, convolutions, outputs = [], [], {}, {}, []


def constant_of(layer_id):
    layer = layers[layer_id]
    if layer.get("type") == "Convert":
        return constant_of(sources[layer_id][0])
    if layer.get("type") != "Const":
        return None
    data = layer.find("data")
    shape = [int(n) for n in data.get("shape").split(",")] if data.get("shape") else []
    read = np.frombuffer(constants, DTYPES[data.get("element_type")], int(np.prod(shape)), int(data.get("offset")))
    return read.reshape(shape).astype(np.float32) if read.dtype == np.float16 else read.reshape(shape)


def weight(name, array):
    weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
    return name


def node(kind, inputs, name, **attributes):
    nodes.append(helper.make_node(kind, inputs, [name], **attributes))
    return name


for layer_id, layer in layers.items():
    kind = layer.get("type")
    if kind in ("Const", "Convert"):
        continue
    inputs = [source for _, source in sorted(sources.get(layer_id, {}).items())]
    data = layer.find("data").attrib if layer.find("data") is not None else {}
    ints = lambda key: [int(n) for n in data[key].split(",")]
    name = "v" + layer_id
    if kind == "Parameter":
        shape, values[layer_id] = ints("shape"), "x"
        continue
    x = values.get(inputs[0])
    if kind in ("Result", "Transpose"):  # a detector's boxes are found from here on
        if x:
            outputs.append(x)
        continue
    if x is None or any(constant_of(i) is None and i not in values for i in inputs):
        continue
    second = constant_of(inputs[1]) if len(inputs) > 1 else None
    if kind in ("Convolution", "GroupConvolution"):
        groups = second.shape[0] if kind == "GroupConvolution" else 1
        kernel = second.reshape(-1, *second.shape[2:]) if groups > 1 else second
        node("Conv", [x, weight(name + "w", kernel)], name, strides=ints("strides"), group=groups,
             kernel_shape=list(kernel.shape[2:]), pads=ints("pads_begin") + ints("pads_end"))
        convolutions[name] = nodes[-1]
    elif kind == "Add" and second is not None and x in convolutions and readers[inputs[0]] == 1:
        convolutions[x].input.append(weight(name + "b", second.reshape(-1)))
        name = x
    elif kind in ("Add", "Multiply"):
        other = weight(name + "c", second) if second is not None else values[inputs[1]]
        node("Add" if kind == "Add" else "Mul", [x, other], name)
    elif kind == "PReLU":
        node("PRelu", [x, weight(name + "s", second.reshape(1, 1, 1))], name)
    elif kind == "MaxPool":
        node("MaxPool", [x], name, kernel_shape=ints("kernel"), strides=ints("strides"),
             pads=ints("pads_begin") + ints("pads_end"), ceil_mode=int(data["rounding_type"] == "ceil"))
    elif kind == "Concat":
        node("Concat", [values[i] for i in inputs], name, axis=1)
    elif kind in ("ReLU", "Sigmoid", "AvgPool"):
        node({"ReLU": "Relu", "Sigmoid": "Sigmoid", "AvgPool": "GlobalAveragePool"}[kind], [x], name)
    else:
        continue
    values[layer_id] = name

shape[0] = args.batch
graph = helper.make_graph(
    nodes, args.network, [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
    [helper.make_tensor_value_info(output, TensorProto.FLOAT, None) for output in outputs], weights)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = args.threads
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
pixels = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
times = []
for _ in range(args.steps + 5):
    start = time.perf_counter()
    session.run(None, {"x": pixels.astype(np.float32)})
    times.append(time.perf_counter() - start)
times = sorted(times[5:])
median = times[len(times) // 2]
print(json.dumps(dict(peer="onnxruntime", version=onnxruntime.__version__, batch=args.batch, threads=args.threads,
                      images_per_s=round(args.batch / median, 2), peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
