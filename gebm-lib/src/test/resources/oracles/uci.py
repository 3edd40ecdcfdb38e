"""Writes uci.json: NumPy's legacy draws, and the reference's split of the three small UCI sets by its description.

The description: seed 1; shuffle the rows; of the wines add to each column noise uniform on +-g, with g the median gap
between neighbouring values of the column; permute the columns; centre; whiten by the singular value decomposition of
the first 10,000 rows, W = V / s * sqrt(n); the last tenth tests, of the rest the last tenth (at most 1,000) validates.
Each column of V is given the sign that makes its entry of largest magnitude positive.

Run with numpy 2.x, the files of the sets in a folder: python uci.py FOLDER > uci.json
"""
import json
import sys

import numpy as np

FOLDER = sys.argv[1]


def draws():
    numbers = {}
    for seed in (0, 1, 20_260_101, 2**32 - 1):
        generator = np.random.RandomState(seed)
        numbers[str(seed)] = {
            "uniform": generator.random_sample(5).tolist(),
            "permutation": generator.permutation(11).tolist(),
            "later": [float(generator.random_sample(700)[-1]), *generator.permutation(1599)[:5].tolist()],
        }
    return numbers


def uncorrelated(data, names):
    while True:
        high = np.abs(np.corrcoef(data.T)) > 0.98
        first = np.flatnonzero(high.sum(axis=1) > 1)
        if first.size == 0:
            return data, names
        data = np.delete(data, first[0], axis=1)
        names = names[: first[0]] + names[first[0] + 1 :]


def split(name, kept, jitter):
    path = f"{FOLDER}/{name}"
    names = [cell.strip('"') for cell in open(path).readline().strip().split(",")][kept]
    data = np.loadtxt(path, delimiter=",", skiprows=1)[:, kept]
    if not jitter:
        data, names = uncorrelated(data, names)
    n, d = data.shape
    generator = np.random.RandomState(1)
    order = np.arange(n)
    generator.shuffle(order)
    data = data[order]
    shifts = np.zeros((n, d))
    for j in range(d if jitter else 0):
        gap = np.median(np.diff(np.unique(data[:, j])))
        shifts[:, j] = (generator.random_sample(n) * 2 - 1) * gap
    data = data + shifts
    columns = generator.permutation(d)
    data = data[:, columns]
    centred = data - data.mean(axis=0)
    part = centred[:10_000]
    _, s, vt = np.linalg.svd(part, full_matrices=False)
    vt = vt * np.sign(vt[np.arange(d), np.abs(vt).argmax(axis=1)])[:, None]
    whitening = vt.T / s * np.sqrt(len(part))
    white = centred @ whitening
    test_rows = n // 10
    validation_rows = min((n - test_rows) // 10, 1_000)
    test = white[n - test_rows :]
    validation = white[n - test_rows - validation_rows : n - test_rows]
    train = white[: n - test_rows - validation_rows]
    covariance = np.cov(train.T, bias=True)
    away = np.linalg.solve(np.linalg.cholesky(covariance), (test - train.mean(axis=0)).T)
    constant = d / 2 * np.log(2 * np.pi)
    return {
        "names": names,
        "sizes": [len(train), len(validation), len(test)],
        "order": order.tolist(),
        "columns": columns.tolist(),
        "noise": shifts[:3].tolist(),
        "train": train[:3].tolist(),
        "validation": validation[:2].tolist(),
        "test": test[-2:].tolist(),
        "logDeterminant": float(np.linalg.slogdet(whitening)[1]),
        "standardNormal": float((test**2).sum(axis=1).mean() / 2 + constant),
        "gaussian": float((away**2).sum(axis=0).mean() / 2 + constant + np.linalg.slogdet(covariance)[1] / 2),
    }


json.dump(
    {
        "numpy": np.__version__,
        "draws": draws(),
        "RED_WINE": split("winequality-red.csv", slice(0, 11), True),
        "WHITE_WINE": split("winequality-white.csv", slice(0, 11), True),
        "PARKINSONS": split("parkinsons_updrs.data", slice(3, None), False),
    },
    sys.stdout,
)
