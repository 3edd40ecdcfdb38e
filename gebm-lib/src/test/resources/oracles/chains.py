"""Writes chains.json: seeded chains and ArviZ's diagnostics of them, with quantiles of scipy's distributions.

Run with arviz 0.23.4, numpy 2.4.6 and scipy 1.17.1: python chains.py > chains.json
"""
import json
import sys

import arviz as az
import numpy as np
import scipy
from scipy import stats

PINNED = {"arviz": "0.23.4", "numpy": "2.4.6", "scipy": "1.17.1"}
FOUND = {"arviz": az.__version__, "numpy": np.__version__, "scipy": scipy.__version__}
if FOUND != PINNED:
    sys.exit(f"needs {PINNED}, found {FOUND}")

LAGS = 12


def autoregressive(rng, phi, chains, draws):
    x = np.empty((chains, draws))
    x[:, 0] = rng.normal(size=chains)
    for t in range(1, draws):
        x[:, t] = phi * x[:, t - 1] + np.sqrt(1 - phi**2) * rng.normal(size=chains)
    return x


def cases():
    rng = np.random.default_rng(7)
    yield "independent", rng.normal(size=(4, 100))
    yield "autoregressive 0.3", autoregressive(rng, 0.3, 4, 120)
    yield "autoregressive 0.95", autoregressive(rng, 0.95, 4, 150)
    yield "antithetic", autoregressive(rng, -0.7, 4, 100)
    yield "heavy tails", rng.standard_cauchy(size=(4, 100))
    stuck = autoregressive(rng, 0.5, 4, 80)
    stuck[2] = 1.25
    yield "one stuck chain", stuck
    yield "one shifted chain", autoregressive(rng, 0.5, 4, 80) + np.array([[0], [0], [0], [1.5]])
    yield "one wide chain", autoregressive(rng, 0.5, 4, 80) * np.array([[1], [1], [1], [4]])
    yield "drift", autoregressive(rng, 0.5, 4, 80) + np.linspace(-2, 2, 80)
    yield "one chain", autoregressive(rng, 0.6, 1, 250)
    yield "odd draws", autoregressive(rng, 0.6, 3, 77)
    yield "discrete", rng.poisson(2.0, size=(4, 90)).astype(float)
    yield "two values", (autoregressive(rng, 0.6, 4, 90) > 0.8).astype(float)
    yield "many short chains", autoregressive(rng, 0.5, 25, 12)
    yield "four draws", rng.normal(size=(3, 4))
    yield "ten draws", rng.normal(size=(3, 10))
    yield "eleven draws of one chain", rng.normal(size=(1, 11))
    yield "five draws", rng.normal(size=(2, 5))
    yield "six draws of one chain", rng.normal(size=(1, 6))
    yield "far from zero", 1e5 + autoregressive(rng, 0.8, 4, 80)
    yield "tiny", 1e-9 * autoregressive(rng, 0.8, 4, 80)


def diagnose(x):
    """One chain has no R-hat in ArviZ: there it is made of ArviZ's parts."""
    from arviz.stats import diagnostics as parts

    if len(x) > 1:
        rhat = az.rhat(x)
    else:
        halves = parts._split_chains(x)
        folded = abs(halves - np.median(halves))
        rhat = max(parts._rhat(parts._z_scale(halves)), parts._rhat(parts._z_scale(folded)))
    quantiles = [0.1, 0.5, 0.8]
    return {
        "mean": x.mean(),
        "sd": x.std(ddof=1),
        "quantiles": [np.quantile(x, p) for p in quantiles],
        "rHat": rhat,
        "bulk": az.ess(x, method="bulk"),
        "tail": az.ess(x, method="tail"),
        "ess": {"mean": az.ess(x, method="mean"), "sd": az.ess(x, method="sd")},
        "quantileEss": [az.ess(x, method="quantile", prob=p) for p in quantiles],
        "mcse": {"mean": az.mcse(x, method="mean"), "sd": az.mcse(x, method="sd")},
        "quantileMcse": [az.mcse(x, method="quantile", prob=p) for p in quantiles],
        "autocorrelation": [
            az.autocorr(c)[:LAGS].tolist() if np.ptp(c) > 0 else None for c in x
        ],
    }


def plain(value):
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value if value is None else float(value)


lines = []
for name, draws in cases():
    x = np.round(draws, 12 if name == "tiny" else 3)
    case = {"name": name, "draws": x.tolist(), **plain(diagnose(x))}
    if x.shape[1] < 10:  # ArviZ answers n·log10(n), whatever the draws are
        for part in "bulk", "tail", "ess", "quantileEss", "mcse", "quantileMcse":
            del case[part]
    if name == "tiny":  # ArviZ takes squares that differ by less than 1e-15 for constant and answers the number of draws
        case["ess"]["sd"] = case["mcse"]["sd"] = None
    lines.append(json.dumps(case))
normal = [1e-300, 1e-20, 1e-9, 1e-4, 0.01, 0.074, 0.076, 0.3, 0.5, 0.7, 0.925, 0.99, 1 - 1e-6]
beta = [(1, 1), (1, 40.5), (3.2, 1), (5.5, 9.25), (200.3, 3000.1), (40000, 40001), (1.0001, 2e5)]
probabilities = [1e-6, 0.05, stats.norm.cdf(-1), 0.5, stats.norm.cdf(1), 0.999]
print('{"versions": ' + json.dumps(FOUND) + ',\n"cases": [\n' + ",\n".join(lines) + '\n],')
print('"normal": ' + json.dumps([[p, float(stats.norm.ppf(p))] for p in normal]) + ",")
rows = [[a, b, float(p), float(stats.beta.ppf(p, a, b))] for a, b in beta for p in probabilities]
print('"beta": ' + json.dumps(rows) + "}")
