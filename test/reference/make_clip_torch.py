"""Gradients clipped by their global norm, by PyTorch in float64: make_clip_torch.py > clip_torch.json

Three gradients of different size, made of sines and rounded to float32; clip_grad_norm_ adds 1e-6 to the norm that it divides by.
"""
import json

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
GRADIENTS = [np.sin(0.7 * (np.arange(n) + 1)) * size for n, size in ((12, 1), (5, 20), (40, 0.01))]
MOST = [100, 31, 5, 1, 1e-3]


def case(most):
    parameters = [torch.nn.Parameter(torch.zeros(len(g))) for g in GRADIENTS]
    for p, g in zip(parameters, GRADIENTS):
        p.grad = torch.tensor(g.astype(np.float32).astype(np.float64))
    norm = torch.nn.utils.clip_grad_norm_(parameters, most)
    return dict(most=most, norm=norm.item(), clipped=[p.grad.tolist() for p in parameters])


gradients = [g.astype(np.float32).astype(float).tolist() for g in GRADIENTS]
print(json.dumps(dict(torch=torch.__version__, gradients=gradients, cases=[case(most) for most in MOST])))
