"""Comparisons of recipes by NumPy and SciPy, for test/evaluation/recipeComparison.test.ts: writes recipe_comparison.json.

    python test/reference/make_recipe_comparison.py   (NumPy 2.4, SciPy 1.17)
"""

import json
import pathlib

import numpy as np
from scipy import stats


def interval(right, pictures, confidence):
    """right, pictures: [seeds, people]; of the mean over seeds of right.sum() / pictures.sum(), possibly of a difference."""
    per_seed = right.sum(1) / pictures.sum(1)
    per_person = (right * right.shape[1] / pictures.sum(1, keepdims=True)).mean(0)
    seeds, people = right.shape
    of_seeds = per_seed.var(ddof=1) / seeds if seeds > 1 else 0.0
    of_people = per_person.var(ddof=1) / people
    total = of_seeds + of_people
    degrees = total**2 / (of_seeds**2 / max(1, seeds - 1) + of_people**2 / (people - 1))
    half = stats.t.ppf((1 + confidence) / 2, degrees) * np.sqrt(total)
    return per_seed.mean(), half, total, degrees


def clopper_pearson(share, worth):
    k = share * worth
    return [stats.beta.ppf(0.025, k, worth - k + 1), stats.beta.ppf(0.975, k + 1, worth - k)]


def case(random, seeds, people, rates):
    pictures = random.integers(1, 5, (seeds, people))
    person = random.normal(0, 0.1, people)
    rights = [random.binomial(pictures, np.clip(rate + person + random.normal(0, 0.02, (seeds, 1)), 0, 1)) for rate in rates]
    pairs = [(i, k) for i in range(len(rates)) for k in range(i + 1, len(rates))]
    recipes = []
    for right in rights:
        mean, _, total, degrees = interval(right, pictures, 0.95)
        most = int(pictures[0].sum())
        few = (stats.t.ppf(0.975, most - 1) / stats.t.ppf(0.975, degrees)) ** 2
        worth = min(most, max(1, mean * (1 - mean) / total * few))
        recipes.append({"accuracy": mean, "interval": clopper_pearson(mean, worth)})
    apart = []
    for i, k in pairs:
        mean, half, _, _ = interval(rights[i] - rights[k], pictures, 1 - 0.05 / len(pairs))
        apart.append({"difference": mean, "interval": [mean - half, mean + half]})
    return {
        "pictures": pictures.tolist(),
        "right": [right.tolist() for right in rights],
        "recipes": recipes,
        "pairs": apart,
    }


random = np.random.default_rng(5)
cases = [case(random, 3, 12, [0.7, 0.9]), case(random, 4, 30, [0.6, 0.62, 0.85]), case(random, 1, 9, [0.5, 0.8])]
target = pathlib.Path(__file__).with_name("recipe_comparison.json")
target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
