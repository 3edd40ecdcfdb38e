"""Writes features.json: distances by kernels, precision, recall, density, coverage and dimension, by brute force.

Run with numpy 2.x: python features.py > features.json
"""
import json

import numpy as np

rng = np.random.default_rng(11)
reference = np.round(rng.normal(size=(30, 4)), 3)
samples = np.round(rng.normal(size=(25, 4)) * [0.5, 1.2, 1, 1] + [0.6, 0, 0, -0.3], 3)
d = reference.shape[1]


def kernel(x, y):
    return (x @ y.T / d + 1) ** 3


n, m = len(samples), len(reference)
ks, kr, kx = kernel(samples, samples), kernel(reference, reference), kernel(samples, reference)
mmd = (ks.sum() - np.trace(ks)) / (n * (n - 1)) + (kr.sum() - np.trace(kr)) / (m * (m - 1)) - 2 * kx.mean()


def distance(a, b):
    return np.sqrt(((a - b) ** 2).sum())


def compare(k):
    def radius(points, i):
        return sorted(distance(points[i], q) for j, q in enumerate(points) if j != i)[k - 1]

    real = [radius(reference, i) for i in range(m)]
    fake = [radius(samples, i) for i in range(n)]
    return {
        "k": k,
        "precision": float(np.mean([any(distance(y, x) <= r for x, r in zip(reference, real)) for y in samples])),
        "recall": float(np.mean([any(distance(x, y) <= r for y, r in zip(samples, fake)) for x in reference])),
        "density": float(np.mean([sum(distance(y, x) <= r for x, r in zip(reference, real)) for y in samples]) / k),
        "coverage": float(np.mean([any(distance(x, y) <= r for y in samples) for x, r in zip(reference, real)])),
    }


def gaussian(x, y, bandwidths):
    return np.mean([np.exp(-(distance(x, y) ** 2) / (2 * s * s)) for s in bandwidths])


def gaussian_mmd(a, b, bandwidths):
    def mean(x, y, same):
        values = [gaussian(p, q, bandwidths) for i, p in enumerate(x) for j, q in enumerate(y) if not (same and i == j)]
        return np.mean(values)

    return mean(a, a, True) + mean(b, b, True) - 2 * mean(a, b, False)


def dimension(points, k):
    inverses = []
    for i, p in enumerate(points):
        t = sorted(distance(p, q) for j, q in enumerate(points) if j != i)[:k]
        inverses.append(np.mean([np.log(t[-1] / other) for other in t[:-1]]))
    return {"k": k, "value": 1 / np.mean(inverses), "meanOfInverses": np.mean(1 / np.array(inverses))}


pairs = [distance(p, q) for i, p in enumerate(reference) for q in reference[:i]]
print(json.dumps({
    "versions": {"numpy": np.__version__},
    "samples": samples.tolist(),
    "reference": reference.tolist(),
    "mmd": mmd,
    "neighbours": [compare(k) for k in (1, 3, 5)],
    "gaussianMmd": gaussian_mmd(samples, reference, [0.5, 2.0]),
    "medianDistance": np.median(pairs),
    "dimensions": [dimension(reference, k) for k in (3, 8)],
}))
