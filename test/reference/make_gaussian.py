"""Smoothed lines by SciPy: make_gaussian.py > gaussian.json

`values` is a falling, noisy line. `means` are its values weighted by a Gaussian, by standard deviation in points: what SciPy makes of the
line with nothing beyond its ends, divided by what it makes of ones, which are the weights that were there.
"""
import json

import numpy as np
from scipy.ndimage import gaussian_filter1d

random = np.random.default_rng(7)
values = np.round(3 / (1 + np.arange(90) / 12) + random.uniform(0, 0.5, 90), 6)
means = {
    str(sigma): list(gaussian_filter1d(values, sigma, mode="constant") / gaussian_filter1d(np.ones(90), sigma, mode="constant"))
    for sigma in [0.5, 1.3, 4.0, 9.0, 40.0]
}
print(json.dumps({"values": list(values), "means": means}))
