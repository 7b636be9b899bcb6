"""Writes what OpenVINO's DetectionOutput makes of maps of face-detection-retail-0004, without any picture.

usage: python make_face_detection.py face-detection-retail-0004.xml face_detection.json

The maps are random: [h, w, 54] of a seeded generator, few of them faces. Only priors and thresholds are the network's own.
"""

import json
import sys

import numpy as np
import openvino as ov
from openvino import opset8 as op


def tail(model, height, width):
    """The detection of the network alone, for a map of height x width: inputs are the flat places and scores."""
    layers = {node.get_friendly_name(): node for node in model.get_ops()}
    prior = layers["fc7_mbox_priorbox/naked_not_unsqueezed"].get_attributes()
    out = layers["detection_out"].get_attributes()
    map_size = op.constant(np.array([height, width], np.int64))
    image_size = op.constant(np.array([height * 16, width * 16], np.int64))
    keys = ("width", "height", "clip", "step", "step_widths", "step_heights", "offset", "variance")
    boxes = op.prior_box_clustered(map_size, image_size, {k: v for k, v in prior.items() if k in keys})
    places = op.parameter([1, height * width * 36], np.float32)
    scores = op.parameter([1, height * width * 18], np.float32)
    pairs = op.softmax(op.reshape(scores, np.array([1, height * width * 9, 2]), False), 2)
    flat = op.reshape(pairs, np.array([1, height * width * 18]), False)
    found = op.detection_output(places, flat, op.unsqueeze(boxes, np.array([0])), out)
    return ov.Model([found], [places, scores]), prior, out


def main(xml, target):
    core = ov.Core()
    model = core.read_model(xml)
    cases = []
    for seed, (height, width) in enumerate([(2, 3), (5, 4), (7, 7)]):
        random = np.random.default_rng(seed)
        places = np.round(random.normal(0, 1.5, (height, width, 36)), 2).astype(np.float32)
        # No two alike: which of two equals comes first is nobody's rule.
        count = height * width * 9
        scores = np.zeros((height, width, 9, 2), np.float32)
        scores[..., 1] = random.permutation(np.linspace(-6, 2, count).round(3)).reshape(height, width, 9)
        network, prior, out = tail(model, height, width)
        run = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        found = run([places.reshape(1, -1), scores.reshape(1, -1)])[0].reshape(-1, 7)
        found = found[: np.argmax(found[:, 0] < 0)] if (found[:, 0] < 0).any() else found
        pixels = found[:, 3:] * [width * 16, height * 16, width * 16, height * 16]
        cases.append(
            {
                "height": height,
                "width": width,
                "map": np.concatenate([places, scores.reshape(height, width, 18)], 2).ravel().round(3).tolist(),
                "boxes": np.concatenate([found[:, 2:3], pixels], 1).astype(float).round(4).tolist(),
            }
        )
    priors = {
        "widths": [float(f"{v:.6g}") for v in prior["width"]],
        "heights": [float(f"{v:.6g}") for v in prior["height"]],
        "step": prior["step"],
        "offset": prior["offset"],
        "variances": [float(f"{v:.6g}") for v in prior["variance"]],
    }
    limits = {
        "leastScore": out["confidence_threshold"],
        "mostOverlap": out["nms_threshold"],
        "kept": out["keep_top_k"] if isinstance(out["keep_top_k"], int) else out["keep_top_k"][0],
    }
    with open(target, "w") as file:
        json.dump({"openvino": ov.__version__, "priors": priors, **limits, "cases": cases}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
