"""Losses of training and their gradients, by PyTorch in float64: make_losses_torch.py > losses_torch.json

Scores are scale * cos of 6 rows and 5 people; the cosines are sines rounded to float32, and in the last rows next to -1 and 1.
Each loss is written as its paper has it, from angles, with torch's cross entropy; the gradient is autograd's.
"""
import json
import math

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ROWS, PEOPLE = 6, 5
LABELS = [4, 0, 2, 0, 1, 3]


def scores_of(scale):
    cosines = 0.95 * np.sin(1.3 * (np.arange(ROWS * PEOPLE) + 1)).reshape(ROWS, PEOPLE)
    cosines[4, 1], cosines[5, 3] = 0.9999, -0.9999
    return (scale * cosines).astype(np.float32).astype(np.float64)


def softmax(scores, labels, _):
    return F.cross_entropy(scores, labels, reduction="sum")


def cosface(scores, labels, loss):
    lowered = scores - loss["scale"] * loss["margin"] * F.one_hot(labels, PEOPLE)
    return F.cross_entropy(lowered, labels, reduction="sum")


def combined(scores, labels, loss):
    own = F.one_hot(labels, PEOPLE).bool()
    cosine = scores / loss["scale"]
    angle = torch.acos(cosine)
    turn = (math.pi - loss["m2"]) / loss["m1"]
    # Where the angle is past the turn the cosine goes on by itself, from -1 - m3.
    margin = torch.where(
        angle <= turn, torch.cos(loss["m1"] * angle + loss["m2"]), cosine - math.cos(turn) - 1
    ) - loss["m3"]
    return F.cross_entropy(loss["scale"] * torch.where(own, margin, cosine), labels, reduction="sum")


def arcface(scores, labels, loss):
    return combined(scores, labels, dict(scale=loss["scale"], m1=1, m2=loss["margin"], m3=0))


CASES = [
    dict(kind="softmax", labelSmoothing=0),
    dict(kind="cosface", scale=32, margin=0.4),
    dict(kind="cosface", scale=8, margin=0.2),
    dict(kind="arcface", scale=32, margin=0.5),
    dict(kind="arcface", scale=8, margin=0),
    dict(kind="arcface", scale=64, margin=1.5),
    dict(kind="combined", scale=16, m1=1, m2=0.3, m3=0.2),
    dict(kind="combined", scale=32, m1=1.35, m2=0.1, m3=0),
    dict(kind="combined", scale=4, m1=4, m2=0, m3=0.1),
]


def main():
    labels = torch.tensor(LABELS)
    kinds = dict(softmax=softmax, cosface=cosface, arcface=arcface, combined=combined)
    cases = []
    for loss in CASES:
        scores = torch.tensor(scores_of(loss.get("scale", 4))).requires_grad_()
        total = kinds[loss["kind"]](scores, labels, loss)
        (gradient,) = torch.autograd.grad(total / ROWS, scores)
        cases.append(
            dict(
                loss=loss,
                scores=scores.detach().flatten().tolist(),
                lossSum=total.item(),
                gradient=[float(f"{v:.10g}") for v in gradient.flatten().tolist()],
            )
        )
    print(json.dumps(dict(torch=torch.__version__, labels=LABELS, cases=cases)))


main()
