"""Writes frechet.json: the Fréchet distance of two small sets of rows and their principal components.

Run with numpy 2.x and scipy 1.x: python frechet.py > frechet.json
"""
import json

import numpy as np
import scipy
from scipy.linalg import sqrtm

rng = np.random.default_rng(7)
a = np.round(rng.normal(size=(12, 3)) @ np.array([[1.0, 0.5, 0.0], [0.0, 2.0, -0.3], [0.2, 0.0, 0.7]]), 3)
b = np.round(rng.normal(size=(9, 3)) @ np.array([[0.6, 0.0, 0.4], [-0.5, 1.0, 0.0], [0.0, 0.3, 1.5]]) + [1, -1, 0.5], 3)
ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
distance = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real)
variances, vectors = np.linalg.eigh(ca)
vectors = vectors[:, ::-1][:, :2]
vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), range(2)])
print(json.dumps({
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
    "a": a.tolist(),
    "b": b.tolist(),
    "distance": distance,
    "variances": variances[::-1][:2].tolist(),
    "explained": variances[::-1][:2].sum() / variances.sum(),
    "features": ((b - a.mean(0)) @ vectors).tolist(),
}, indent=1))
