"""Numbers of 16 bits by NumPy and PyTorch: make_halves.py > halves.json

Every binary16 and bfloat16 has one float32. `halves` and `bfloats` are bits of some of them, denormal numbers, the largest and both
signs among them, with the float32 that NumPy and PyTorch make of them, as bits. `between` are float32 with the binary16 and the
bfloat16 right below and right above their size: what rounding by lot has to choose from.
"""
import json

import numpy as np
import torch

halves = np.array([0, 1, 2, 0x3FF, 0x400, 0x3C00, 0x3555, 0x2C00, 0x7BFF, 0x8001, 0xBC00, 0xFBFF, 0x8400], dtype=np.uint16)
bfloats = np.array([0, 1, 0x7F, 0x80, 0x3F80, 0x3DCD, 0x0DCD, 0x7F7F, 0x8001, 0xBF80], dtype=np.uint16)
of_halves = halves.view(np.float16).astype(np.float32).view(np.uint32)
of_bfloats = torch.tensor(bfloats.astype(np.int16)).view(torch.bfloat16).to(torch.float32).numpy().view(np.uint32)

random = np.random.default_rng(3)
between = np.concatenate([
    random.uniform(-1, 1, 12), 0.0625 + random.uniform(0, 1e-3, 4), random.uniform(-6e-5, 6e-5, 6), [3e-8, -1e-9, 0.25, 1.0, -0.99999],
]).astype(np.float32)


def neighbours(value):
    size = np.float32(abs(value))
    half = np.float16(size)
    low = half if np.float32(half) <= size else np.nextafter(half, np.float16(0))
    high = low if np.float32(low) == size else np.nextafter(low, np.float16(np.inf))
    sign = 0x8000 if np.signbit(value) else 0
    bits = int(size.view(np.uint32))
    return {
        "value": int(np.float32(value).view(np.uint32)),
        "half": [sign | int(low.view(np.uint16)), sign | int(high.view(np.uint16))],
        "bfloat": [sign | (bits >> 16), sign | ((bits + 0xFFFF) >> 16)],
    }


print(json.dumps({
    "halves": [[int(a), int(b)] for a, b in zip(halves, of_halves)],
    "bfloats": [[int(a), int(b)] for a, b in zip(bfloats, of_bfloats)],
    "between": [neighbours(value) for value in between],
}))
