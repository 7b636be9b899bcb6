"""Losses of training and their gradients, by PyTorch in float64: make_losses_torch.py > losses_torch.json

Scores are scale * cos of 6 rows and 5 people; the cosines are sines rounded to float32, and in the last rows next to -1 and 1.
Embeddings and their targets of 6 rows and 7 values are sines of their own. Each loss is written as its paper has it, from angles,
with torch's cross entropy and cosine similarity; the gradient is autograd's. A list is a sum of losses with weights.
A ramp shrinks the scale, as though the columns of the head were shorter, and margins towards none.
"""
import json
import math

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ROWS, PEOPLE, WIDTH = 6, 5, 7
LABELS = [4, 0, 2, 0, 1, 3]


def scores_of(scale):
    cosines = 0.95 * np.sin(1.3 * (np.arange(ROWS * PEOPLE) + 1)).reshape(ROWS, PEOPLE)
    cosines[4, 1], cosines[5, 3] = 0.9999, -0.9999
    return (scale * cosines).astype(np.float32).astype(np.float64)


def sines(rate, lengths):
    values = np.sin(rate * (np.arange(ROWS * WIDTH) + 1)).reshape(ROWS, WIDTH)
    return (values * np.array(lengths)[:, None]).astype(np.float32).astype(np.float64)


EMBEDDING, TARGETS = sines(0.7, [1, 0.01, 30, 2, 2, 1]), sines(1.9, [1, 1, 1, 0.2, 400, 1])
TARGETS[5] = 4 * EMBEDDING[5]


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


def distillation(embedding, _, __):
    return (1 - F.cosine_similarity(embedding, torch.tensor(TARGETS), eps=1e-12)).sum()


def triplet(embedding, labels, loss):
    unit = F.normalize(embedding)
    total = 0
    for i, own in enumerate(labels.tolist()):
        distance = (unit[i] - unit).norm(dim=1)
        same = [j for j, other in enumerate(labels.tolist()) if other == own and j != i]
        others = [j for j, other in enumerate(labels.tolist()) if other != own]
        if not same or not others:
            continue
        if loss["mining"] == "hard":
            pairs = [(max(distance[j] for j in same), min(distance[j] for j in others))]
        else:
            pairs = []
            for j in same:
                beyond = [distance[k] for k in others if distance[k] > distance[j]]
                pairs.append((distance[j], min(beyond) if beyond else max(distance[k] for k in others)))
        total = total + sum(F.relu(loss["margin"] + p - n) for p, n in pairs) / len(pairs)
    return total


# Three of a person, two of another and one alone.
TRIPLET_LABELS = [0, 0, 0, 1, 1, 2]
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
    dict(kind="distillation"),
    dict(kind="triplet", margin=0.2, mining="hard"),
    dict(kind="triplet", margin=1.2, mining="hard"),
    dict(kind="triplet", margin=0.2, mining="semi-hard"),
    dict(kind="triplet", margin=1, mining="semi-hard"),
    [
        dict(weight=1, loss=dict(kind="cosface", scale=32, margin=0.4)),
        dict(weight=0.5, loss=dict(kind="distillation")),
    ],
    [
        dict(weight=2, loss=dict(kind="distillation")),
        dict(weight=0.25, loss=dict(kind="arcface", scale=32, margin=0.5)),
        dict(weight=0.5, loss=dict(kind="distillation")),
    ],
]


KINDS = dict(softmax=softmax, cosface=cosface, arcface=arcface, combined=combined, distillation=distillation, triplet=triplet)
RAMPS = [
    (dict(kind="cosface", scale=32, margin=0.4), dict(scale=0.25, margin=0.5)),
    (dict(kind="arcface", scale=32, margin=0.5), dict(scale=0.5, margin=0)),
    (dict(kind="combined", scale=16, m1=3, m2=0.3, m3=0.2), dict(scale=0.3, margin=0.6)),
]
READS_EMBEDDING = ("distillation", "triplet")


def ramped(loss, ramp):
    least = dict(m1=1)
    grown = {k: least.get(k, 0) + (v - least.get(k, 0)) * ramp["margin"] for k, v in loss.items() if k not in ("kind", "scale")}
    return dict(kind=loss["kind"], scale=loss["scale"] * ramp["scale"], **grown)


def case(loss, ramp=None):
    terms = loss if isinstance(loss, list) else [dict(weight=1, loss=loss)]
    own_labels = TRIPLET_LABELS if terms[0]["loss"]["kind"] == "triplet" else LABELS
    labels = torch.tensor(own_labels)
    outputs, total = {}, 0
    for weight, own in ((term["weight"], term["loss"]) for term in terms):
        name = "embedding" if own["kind"] in READS_EMBEDDING else "scores"
        if name not in outputs:
            values = EMBEDDING if name == "embedding" else scores_of(own.get("scale", 4))
            outputs[name] = torch.tensor(values).requires_grad_()
        given = outputs[name]
        if ramp:
            given, own = given * ramp["scale"], ramped(own, ramp)
        total = total + weight * KINDS[own["kind"]](given, labels, own)
    gradients = dict(zip(outputs, torch.autograd.grad(total / ROWS, list(outputs.values()))))
    return dict(
        loss=loss,
        labels=own_labels,
        **(dict(ramp=ramp) if ramp else {}),
        outputs={name: values.detach().flatten().tolist() for name, values in outputs.items()},
        lossSum=total.item(),
        gradients={name: [float(f"{v:.10g}") for v in g.flatten().tolist()] for name, g in gradients.items()},
    )


def main():
    cases = [case(loss) for loss in CASES] + [case(loss, ramp) for loss, ramp in RAMPS]
    print(json.dumps(dict(torch=torch.__version__, targets=TARGETS.flatten().tolist(), cases=cases)))


main()
