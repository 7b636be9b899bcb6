"""Learning rates of whole runs by PyTorch's schedulers: make_schedules_torch.py > schedules_torch.json

The rate of each step from the first, of a base rate, as `optimizer.param_groups` has it while the step is made.
"""
import json

import torch
from torch.optim.lr_scheduler import ChainedScheduler, ConstantLR, CosineAnnealingLR, LinearLR, MultiStepLR, SequentialLR

BASE, STEPS = 0.02, 60


def rates(make):
    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=BASE)
    scheduler = make(optimizer)
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def warmup(optimizer, steps):
    return LinearLR(optimizer, start_factor=1 / steps, end_factor=1.0, total_iters=steps - 1)


def constant(optimizer):
    return ConstantLR(optimizer, factor=1.0)


def cosine(optimizer, steps):
    return CosineAnnealingLR(optimizer, T_max=steps)


print(json.dumps({
    "base": BASE,
    # Ten steps an epoch, six epochs.
    "cosine": rates(lambda o: cosine(o, STEPS)),
    "steps": rates(lambda o: MultiStepLR(o, milestones=[20, 40, 50], gamma=0.3)),
    "warmup": rates(lambda o: warmup(o, 15)),
    "warmupCosine": rates(lambda o: SequentialLR(o, [warmup(o, 15), cosine(o, STEPS - 15)], milestones=[15])),
    "headWarmupCosine": rates(lambda o: SequentialLR(
        o, [constant(o), warmup(o, 5), cosine(o, STEPS - 25)], milestones=[20, 25])),
    "warmupSteps": rates(lambda o: ChainedScheduler([warmup(o, 20), MultiStepLR(o, milestones=[30, 50], gamma=0.1)])),
}))
