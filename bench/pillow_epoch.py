"""One epoch of pictures by Pillow and NumPy: python pillow_epoch.py FOLDER SIZE BATCH PROCESSES

Reads, decodes and resizes every picture in a pool of processes and stacks batches of bytes in this one, as a training
script's loader does. Prints {"pictures": N, "seconds": S}.
"""
import json
import os
import sys
import time
from multiprocessing import Pool

import numpy as np
from PIL import Image

folder, size, batch, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])


def load(file):
    image = Image.open(file).convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(image)


files = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in sorted(names) if name.endswith(".jpg")]
with Pool(processes) as pool:
    pool.map(load, files[:processes])  # the processes have started
    start = time.perf_counter()
    stacked, waiting = 0, []
    for pixels in pool.imap(load, files, chunksize=16):
        waiting.append(pixels)
        if len(waiting) == batch:
            stacked += np.stack(waiting).shape[0]
            waiting = []
    if waiting:
        stacked += np.stack(waiting).shape[0]
    print(json.dumps(dict(pictures=stacked, seconds=time.perf_counter() - start)))
