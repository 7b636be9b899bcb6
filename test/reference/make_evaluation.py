"""Reference values for test/evaluation: SciPy for bounds, scikit-learn for verification, NumPy for the rest.

python3 -m venv s && s/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
s/bin/python test/reference/make_evaluation.py > test/reference/evaluation.json
"""

import json
import sys

import numpy as np
from scipy import special, stats
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import roc_auc_score, roc_curve


def bounds():
    rows = []
    for n in [1, 2, 10, 299, 1768, 1_000_000]:
        for k in sorted({0, 1, 2, n // 3, n - 1, n}):
            if k > n:
                continue
            for confidence in [0.9, 0.95, 0.999]:
                lower = lambda risk: stats.beta.ppf(risk, k, n - k + 1) if k > 0 else 0.0
                upper = lambda risk: stats.beta.ppf(1 - risk, k + 1, n - k) if k < n else 1.0
                risk = 1 - confidence
                wilson = stats.binomtest(k, n).proportion_ci(confidence, "wilson")
                rows.append([k, n, confidence, lower(risk), upper(risk), lower(risk / 2), upper(risk / 2), *wilson])
    return rows


def quantiles():
    shares = [1e-9, 0.001, 0.05, 0.31, 0.5, 0.8, 0.975, 0.99999]
    degrees = [1, 2, 4, 9, 9.5, 157, 100_000]
    return {
        "normal": [[p, stats.norm.ppf(p)] for p in shares],
        "student": [[p, d, stats.t.ppf(p, d)] for p in shares[1:] for d in degrees],
        "beta": [
            [x, a, b, special.betainc(a, b, x)]
            for x in [1e-6, 0.01, 0.4, 0.7, 0.999]
            for a, b in [(0.5, 0.5), (1, 1), (1, 300), (2.5, 7.25), (40, 3), (800.5, 1200), (90_000, 1_000_000)]
        ],
    }


def verification(seed, digits, folds, each):
    """Pairs of `folds` folds; similarities rounded to `digits`, so that there are ties."""
    rng = np.random.default_rng(seed)
    same = np.tile(np.repeat([True, False], each), folds)
    fold = np.repeat(np.arange(folds), 2 * each)
    similarity = np.where(same, rng.normal(0.55, 0.2, same.size), rng.normal(0.1, 0.18, same.size))
    similarity = np.round(np.clip(similarity, -1, 1), digits)
    far, tar, _ = roc_curve(same, similarity, drop_intermediate=False)
    eer = brentq(lambda x: 1 - x - interp1d(far, tar)(x), 0, 1, xtol=1e-14)
    accuracies = []
    for tested in range(folds):
        rest = fold != tested
        f, t, thresholds = roc_curve(same[rest], similarity[rest], drop_intermediate=False)
        right = t * same[rest].sum() + (1 - f) * (~same[rest]).sum()
        threshold = thresholds[np.argmax(np.round(right))]
        accuracies.append(float(np.mean((similarity[~rest] >= threshold) == same[~rest])))
    return {
        "similarity": similarity.tolist(),
        "same": same.astype(int).tolist(),
        "fold": fold.tolist(),
        "auc": float(roc_auc_score(same, similarity)),
        "eer": eer,
        "tarAtFar": {str(f): float(tar[far <= f * (1 + 1e-12)].max()) for f in [0.001, 0.01, 0.1]},
        "accuracies": accuracies,
    }


def identification():
    """Twelve people with some pictures each, whose embeddings overlap; ten strangers; leave one out."""
    rng = np.random.default_rng(3)
    unit = lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True)
    centres = rng.standard_normal((22, 6))
    counts = [1, 2, 3, 4, 5, 6, 7, 3, 3, 4, 5, 2] + [2] * 10
    people = np.repeat(np.arange(22), counts)
    embeddings = unit(centres[people] + 0.9 * rng.standard_normal((people.size, 6))).astype(np.float32)
    known = people < 12
    x, y = embeddings[known].astype(float), people[known]
    right, top5, own_similarity, other_similarity, other_person = [], [], [], [], []
    for i in range(len(x)):
        keep = np.arange(len(x)) != i
        means = [x[keep & (y == p)].sum(0) for p in range(12)]
        s = np.array([m @ x[i] / np.linalg.norm(m) if np.linalg.norm(m) > 0 else np.nan for m in means])
        others = np.where(np.arange(12) == y[i], -np.inf, np.nan_to_num(s, nan=-np.inf))
        other_person.append(int(others.argmax()))
        other_similarity.append(float(others.max()))
        own_similarity.append(None if np.isnan(s[y[i]]) else float(s[y[i]]))
        if not np.isnan(s[y[i]]):
            right.append(bool(s[y[i]] > others.max()))
            top5.append(bool((others >= s[y[i]]).sum() < 5))
    prototypes = unit(np.array([x[y == p].sum(0) for p in range(12)]))
    named = embeddings[~known].astype(float) @ prototypes.T
    strangers = [float(named[people[~known] == p].max()) for p in range(12, 22)]
    return {
        "embeddings": [round(float(v), 7) for v in embeddings.ravel()],
        "people": people.tolist(),
        **{"own": own_similarity, "other": other_similarity, "otherPerson": other_person},
        **{"right": int(np.sum(right)), "top5": int(np.sum(top5)), "of": len(right), "strangers": strangers},
    }


def components():
    rng = np.random.default_rng(4)
    values = np.round(rng.standard_normal((40, 7)) @ np.diag([3, 2.5, 2, 1, 0.5, 0.2, 0.1]) @ rng.standard_normal((7, 7)), 3)
    values = values.astype(np.float32).astype(float)
    eigenvalues, vectors = np.linalg.eigh(np.cov(values.T))
    vectors = vectors[:, ::-1]
    return {
        "values": values.ravel().tolist(),
        "channels": 7,
        "explained": (eigenvalues[::-1] / eigenvalues.sum()).tolist(),
        "directions": vectors.T.tolist(),
        "projections": ((values - values.mean(0)) @ vectors).tolist(),
    }


def clusters():
    """Korn and Graubard's interval (1998), their formulas (2.3) and (2.4), for people of different size."""
    rng = np.random.default_rng(5)
    cases = []
    for people, rate in [(12, 0.2), (60, 0.05), (158, 0.01)]:
        of = rng.integers(1, 30, people)
        hits = rng.binomial(of, np.clip(rng.beta(rate, 1 - rate, people), 0, 1))
        n, p = of.sum(), hits.sum() / of.sum()
        variance = people / (people - 1) * np.sum((hits - p * of) ** 2) / n**2
        worth = p * (1 - p) / variance
        worth *= (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, people - 1)) ** 2
        worth = min(n, worth)
        k = p * worth
        interval = [stats.beta.ppf(0.025, k, worth - k + 1), stats.beta.ppf(0.975, k + 1, worth - k)]
        cases.append({"hits": hits.tolist(), "of": of.tolist(), "interval": interval})
    return cases


json.dump(
    {
        "bounds": bounds(),
        "quantiles": quantiles(),
        "verification": [verification(1, 3, 10, 12), verification(2, 1, 5, 20), verification(6, 6, 2, 30)],
        "identification": identification(),
        "components": components(),
        "clusters": clusters(),
    },
    sys.stdout,
)
print()
