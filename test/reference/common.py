"""What the reference scripts share: the pictures they look at, the head they start from, and how arrays are described.

The networks themselves are written in each script by itself, so that two programs are compared and not one with itself.
"""
import numpy as np
from PIL import Image

SIDE, PEOPLE, EACH = 64, 4, 2


def pictures(shared):
    """[8, 64, 64, 3] bytes: columns 14..77 and rows 24..87 of 92x112 grey pictures."""
    out = []
    for person in range(1, PEOPLE + 1):
        for i in range(1, EACH + 1):
            grey = np.asarray(Image.open(f"{shared}/data/orl/s{person:02d}/{i:02d}.jpg").convert("L"))
            out.append(np.repeat(grey[24:24 + SIDE, 14:14 + SIDE, None], 3, 2))
    return np.stack(out)


def head():
    """A kernel [1280, 4] and bias [4] that any program can compute."""
    i = np.arange(1280 * PEOPLE, dtype=np.float64)
    return (0.02 * np.sin(1.7 * i)).reshape(1280, PEOPLE).astype("float32"), np.linspace(-0.1, 0.1, PEOPLE).astype("float32")


def projections(values):
    """Norm, then the dot products with cos(k (i + 1)): a wrong element changes one of them."""
    flat = values.astype(np.float64).ravel()
    i = np.arange(flat.size, dtype=np.float64)
    return [float(np.linalg.norm(flat))] + [float(flat @ np.cos(k * (i + 1))) for k in (0.1, 0.7, 1.3)]


def relative(a, b):
    return float(np.linalg.norm(a.astype(np.float64) - b) / max(np.linalg.norm(b), 1e-30))


def describe(single, double):
    return {
        name: dict(projections=projections(double[name]), first=double[name].ravel()[:4].astype(float).tolist(), float32=relative(single[name], double[name]))
        for name in double
    }
