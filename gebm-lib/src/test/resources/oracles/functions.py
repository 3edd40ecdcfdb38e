"""Writes functions.json: what NumPy and SciPy give for the functions of gebm.trace, in float64.

Run with numpy 2.x and scipy 1.x: python functions.py > functions.json
"""
import json

import numpy as np
import scipy
from scipy import linalg, special

rng = np.random.default_rng(11)
cases = {}


def case(name, function, *arguments):
    arguments = [np.asarray(a, dtype=np.float64) for a in arguments]
    results = function(*arguments)
    results = results if isinstance(results, (tuple, list)) else [results]
    cases[name] = {"arguments": [packed(a) for a in arguments], "results": [packed(r) for r in results]}


def packed(array):
    array = np.asarray(array, dtype=np.float64)
    return {"shape": list(array.shape), "numbers": array.ravel().tolist()}


def rounded(array):
    return np.round(array, 3)


x = np.array([[-2.3, -0.7, 0.4], [1.1, 2.6, -0.05]])
y = np.array([[0.3, 1.7, 0.9], [2.2, 0.6, 1.3]])
unit = np.array([0.07, 0.31, 0.5, 0.82, 0.96])

case("log1p", np.log1p, [-0.6, -0.01, 1e-9, 0.4, 5])
case("expm1", np.expm1, [-3, -0.01, 1e-9, 0.4, 2])
case("xlogy", special.xlogy, x, y)
case("xlog1py", special.xlog1py, x, y - 0.2)
case("erf", special.erf, x)
case("erfc", special.erfc, [-1.5, 0.2, 3, 8])
case("erfcx", special.erfcx, [-1.5, 0.2, 3, 30])
case("erfinv", special.erfinv, [-0.95, -0.4, 0.1, 0.9])
case("ndtr", special.ndtr, [-6, -1, 0.3, 2])
case("logNdtr", special.log_ndtr, [-30, -5, -1, 0.3, 2])
case("ndtri", special.ndtri, unit)
case("gammaln", special.gammaln, [-1.4, 0.3, 1.5, 4.2, 20])
case("digamma", special.digamma, [-1.4, 0.3, 1.5, 4.2, 20])
case("polygamma 1", lambda a: special.polygamma(1, a), [0.3, 1.5, 4.2, 20])
case("polygamma 2", lambda a: special.polygamma(2, a), [0.3, 1.5, 4.2, 20])
case("betaln", special.betaln, [0.3, 1.5, 4.2], [2.0, 0.7, 3.1])
case("i0", special.i0, x)
case("i0e", special.i0e, x)
case("i1", special.i1, x)
case("i1e", special.i1e, x)

case("softplus", lambda a: np.logaddexp(a, 0), [-30, -2, 0, 1.3, 21])
case("softplus beta", lambda a: np.logaddexp(3 * a, 0) / 3, [-5, -2, 0, 1.3, 4])
case("logSigmoid", special.log_expit, [-30, -2, 0, 1.3, 18])
case("logAddExp", np.logaddexp, x, y[0])
cube = rounded(rng.normal(size=(2, 3, 2)))
case("logSumExp", lambda a: special.logsumexp(a, axis=1), x)
case("logSumExp of all", special.logsumexp, x)
case("logSumExp over two", lambda a: special.logsumexp(a, axis=(0, 2)), cube)
case("logMeanExp", lambda a: special.logsumexp(a, axis=0) - np.log(2), x)
case("logMeanExp of all", lambda a: special.logsumexp(a) - np.log(6), x)
case("variance", lambda a: np.var(a, axis=1, ddof=1), x)
case("variance of all", np.var, x)
case("variance over two", lambda a: np.var(a, axis=(0, 2), ddof=1), cube)
case("standardDeviation", lambda a: np.std(a, axis=0, ddof=1), x)
case("quantile", lambda a: np.quantile(a, 0.3, axis=1), x)
case("median", lambda a: np.median(a, axis=0), np.vstack([x, y]))
case("sort", lambda a: (np.sort(a, axis=1), np.argsort(a, axis=1, kind="stable")), x)
case("sort down", lambda a: (np.sort(a, axis=0)[::-1], np.argsort(a, axis=0)[::-1]), x)
case("logCumSumExp", lambda a: np.logaddexp.accumulate(a, axis=1), x)
case("cumMax", lambda a: np.maximum.accumulate(a, axis=1), x)
case("cumMin", lambda a: np.minimum.accumulate(a, axis=1), x)
case("cumSum", lambda a: np.cumsum(a, axis=1), x)
case("cumProd", lambda a: np.cumprod(a, axis=1), x)


def spectral_norm(weight, u):
    w = weight.reshape(weight.shape[0], -1)
    v = w.T @ u
    v /= np.linalg.norm(v)
    u = w @ v
    u /= np.linalg.norm(u)
    return weight / (u @ w @ v), u


def weight_norm(v, g):
    return (v.reshape(len(v), -1) * (g / np.linalg.norm(v.reshape(len(v), -1), axis=1))[:, None]).reshape(v.shape)


def instance_norm(a, scale, shift):
    mean, variance = a.mean((2, 3), keepdims=True), a.var((2, 3), keepdims=True)
    return scale[:, None, None] * (a - mean) / np.sqrt(variance + 1e-3) + shift[:, None, None]


case("spectralNorm", spectral_norm, cube, [0.8, -0.6])
case("weightNorm", weight_norm, cube, [0.7, -1.4])
image = rounded(rng.normal(size=(2, 2, 2, 2)))
case("instanceNorm", instance_norm, image, [0.7, -1.4], [0.1, 0.2])

a = rounded(rng.normal(size=(3, 3)))
b = rounded(rng.normal(size=(3, 2)))
positive = rounded(a @ a.T + np.eye(3))
symmetric = rounded(a + a.T)
batch = rounded(rng.normal(size=(2, 3, 3)))
lower = np.tril(a) + 2 * np.eye(3)
case("einsum product", lambda p, q: np.einsum("ij,jk->ik", p, q), a, b)
case("einsum batch", lambda p, q: np.einsum("...ij,j->...i", p, q), batch, b[:, 0])
case("einsum trace", lambda p: np.einsum("ii", p), a)
case("outer", np.outer, b[:, 0], unit)
case("kron", np.kron, b, x)
case("tril", lambda p: np.tril(p, -1), batch)
case("triu", lambda p: np.triu(p, 1), batch)
case("diagEmbed", lambda p: np.stack([np.diag(row) for row in p]), x)
case("diagonal", lambda p: np.diagonal(p, axis1=1, axis2=2), batch)
case("cholesky", np.linalg.cholesky, positive)
for name, triangle in [("lower", "L"), ("upper", "U")]:
    part = np.tril(a) + 2 * np.eye(3) if name == "lower" else np.triu(a) + 2 * np.eye(3)
    case("triangularSolve " + name, lambda p, q: linalg.solve_triangular(p, q, lower=name == "lower"), part, b)
    case(
        "triangularSolve unit " + name,
        lambda p, q: linalg.solve_triangular(p, q, lower=name == "lower", unit_diagonal=True), a, b)
case("choleskySolve", lambda l, q: np.linalg.solve(l @ l.T, q), lower, b)
case("solve", np.linalg.solve, positive, b)
case("solve batch", np.linalg.solve, batch, np.stack([b, 2 * b]))
case("inverse", np.linalg.inv, positive)
case("slogdet", lambda p: tuple(np.linalg.slogdet(p)), batch)
case("logdet", lambda p: np.linalg.slogdet(p)[1], positive)
case("det", np.linalg.det, batch)
case("eigh", lambda p: (lambda w, v: (w, v ** 2))(*np.linalg.eigh(p)), symmetric)
case("svd", lambda p: (lambda u, s, v: (u ** 2, s, v ** 2))(*np.linalg.svd(p, full_matrices=False)), b)
case("qr", lambda p: tuple(part ** 2 for part in np.linalg.qr(p)), b)
case("matrixExp", linalg.expm, a)

print(json.dumps({"versions": {"numpy": np.__version__, "scipy": scipy.__version__}, "cases": cases}))
