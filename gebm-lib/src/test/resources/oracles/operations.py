"""Writes operations.json: arguments and values of operations, for rows of the contract of operations.

Run with numpy 2.x and scipy 1.x: python operations.py > operations.json
"""
import json

import numpy as np
import scipy
from scipy import special

rng = np.random.default_rng(11)


def real(*shape):
    return np.round(rng.uniform(-2, 2, shape), 4)


def positive(*shape):
    return np.round(rng.uniform(0.3, 3, shape), 4)


def unit(*shape):
    return np.round(rng.uniform(-0.95, 0.95, shape), 4)


def above_one(*shape):
    return 1 + positive(*shape)


def convolution(x, w, b, stride, padding, dilation, groups):
    """y[n, o, p] = b[o] + sum over c, k of x[n, c of o's group, stride p + dilation k - padding] w[o, c, k]."""
    x = np.pad(x, [(0, 0), (0, 0)] + [(p, p) for p in padding])
    kernel = w.shape[2:]
    size = [(x.shape[2 + d] - dilation[d] * (kernel[d] - 1) - 1) // stride[d] + 1 for d in range(len(kernel))]
    y = np.zeros((x.shape[0], w.shape[0], *size))
    per_group, outputs = w.shape[1], w.shape[0] // groups
    for o in range(w.shape[0]):
        channels = slice(o // outputs * per_group, (o // outputs + 1) * per_group)
        for p in np.ndindex(*size):
            at = tuple(
                slice(stride[d] * p[d], stride[d] * p[d] + dilation[d] * (kernel[d] - 1) + 1, dilation[d])
                for d in range(len(kernel))
            )
            y[(slice(None), o) + p] = b[o] + (x[(slice(None), channels) + at] * w[o]).reshape(len(x), -1).sum(1)
    return y


def transposed_convolution(x, w, b, stride, padding, extra):
    """y[n, o, stride p + k - padding] += x[n, c, p] w[o, c, k], plus b[o]: DJL's order of the weight's axes."""
    kernel = w.shape[2:]
    full = [(x.shape[2 + d] - 1) * stride[d] + kernel[d] + extra[d] for d in range(len(kernel))]
    y = np.zeros((x.shape[0], w.shape[0], *full))
    for p in np.ndindex(*x.shape[2:]):
        at = tuple(slice(stride[d] * p[d], stride[d] * p[d] + kernel[d]) for d in range(len(kernel)))
        y[(slice(None), slice(None)) + at] += np.einsum("nc,oc...->no...", x[(slice(None), slice(None)) + p], w)
    kept = tuple(slice(padding[d], full[d] - padding[d]) for d in range(len(kernel)))
    return y[(slice(None), slice(None)) + kept] + b.reshape(1, -1, *[1] * len(kernel))


def aligned(x, size):
    """Linear interpolation of the last two axes, the first and last points staying where they are."""
    for axis in (2, 3):
        places = np.linspace(0, x.shape[axis] - 1, size[axis - 2])
        x = np.apply_along_axis(lambda v: np.interp(places, np.arange(len(v)), v), axis, x)
    return x


def bicubic(x, size):
    """Keys' convolution with a = -0.75 between centres of pixels, the border repeated: the last two axes."""

    def weight(t, a=-0.75):
        t = abs(t)
        if t <= 1:
            return ((a + 2) * t - (a + 3)) * t * t + 1
        return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a if t < 2 else 0

    for axis in (2, 3):
        n, m = x.shape[axis], size[axis - 2]
        matrix = np.zeros((m, n))
        for i in range(m):
            place = (i + 0.5) * n / m - 0.5
            for j in range(int(np.floor(place)) - 1, int(np.floor(place)) + 3):
                matrix[i, np.clip(j, 0, n - 1)] += weight(place - j)
        x = np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)
    return x


def average_pooling(x):
    """Windows of 2 by 2 over a padding of one that does not count."""
    ones = np.pad(np.ones_like(x), [(0, 0), (0, 0), (1, 1), (1, 1)])
    x = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    total = lambda a: a[:, :, :-1, :-1] + a[:, :, 1:, :-1] + a[:, :, :-1, 1:] + a[:, :, 1:, 1:]
    return total(x) / total(ones)


def layer_norm(x, g, b):
    centred = x - x.mean(-1, keepdims=True)
    return g * centred / np.sqrt((centred**2).mean(-1, keepdims=True) + np.float32(1e-5)) + b


UNARY = {
    "abs": (np.abs, real),
    "acosh": (np.arccosh, above_one),
    "asinh": (np.arcsinh, real),
    "atanh": (np.arctanh, unit),
    "acos": (np.arccos, unit),
    "asin": (np.arcsin, unit),
    "atan": (np.arctan, real),
    "cosh": (np.cosh, real),
    "erf": (special.erf, real),
    "erfinv": (special.erfinv, unit),
    "gammaln": (special.gammaln, positive),
    "log10": (np.log10, positive),
    "log2": (np.log2, positive),
    "cbrt": (np.cbrt, real),
    "sigmoid": (special.expit, real),
    "softPlus": (lambda x: np.logaddexp(x, 0), real),
    "gelu": (lambda x: x * special.ndtr(x), real),
    "mish": (lambda x: x * np.tanh(np.logaddexp(x, 0)), real),
    "elu": (lambda x: np.where(x > 0, x, float(np.float32(1.3)) * np.expm1(x)), real),
    "selu": (lambda x: 1.0507009873554804934193349852946
             * np.where(x > 0, x, 1.6732632423543772848170429916717 * np.expm1(x)), real),
    "softmax over columns": (lambda x: special.softmax(x, 1), real),
    "logSoftmax over columns": (lambda x: special.log_softmax(x, 1), real),
    "logSumExp": (lambda x: special.logsumexp(x, 0), real),
    "logMeanExp": (lambda x: special.logsumexp(x, 0) - np.log(len(x)), real),
    "cumProd over columns": (lambda x: np.cumprod(x, 1), real),
    "median": (lambda x: np.sort(x.ravel())[(x.size - 1) // 2], real),
    "toDegrees": (np.degrees, real),
    "norm of order 3": (lambda x: (np.abs(x) ** 3).sum(1, keepdims=True) ** (1 / 3), real),
}

cases = {}


def case(name, value, *arguments):
    cases[name] = {
        "arguments": [{"shape": list(a.shape), "numbers": a.ravel().tolist()} for a in arguments],
        "value": {"shape": list(np.shape(value)), "numbers": np.ravel(value).tolist()},
    }


for name, (function, domain) in UNARY.items():
    x = domain(3, 4)
    case(name, function(x), x)

x, y = real(3, 4), positive(4)
case("xlogy", special.xlogy(x, y), x, y)
x, y = real(3, 4), real(4)
case("atan2", np.arctan2(x, y), x, y)
x = np.round(rng.uniform(-1, 1, (4, 4)) + 3 * np.eye(4), 4)
case("inverse", np.linalg.inv(x), x)
x, w, b = real(2, 2, 6), real(3, 2, 3), real(3)
case("convolution of one axis with stride and padding", convolution(x, w, b, [2], [1], [1], 1), x, w, b)
x, w, b = real(2, 2, 4, 3), real(3, 2, 3, 2), real(3)
case("convolution with stride and padding", convolution(x, w, b, [2, 1], [1, 2], [1, 1], 1), x, w, b)
x, w, b = real(2, 2, 5, 3), real(3, 2, 2, 2), real(3)
case("convolution with dilation", convolution(x, w, b, [1, 1], [0, 0], [2, 1], 1), x, w, b)
x, w, b = real(2, 4, 3, 3), real(6, 2, 2, 2), real(6)
case("convolution in groups", convolution(x, w, b, [1, 1], [0, 0], [1, 1], 2), x, w, b)
x, w, b = real(2, 2, 4), real(3, 2, 3), real(3)
case("transposed convolution of one axis", transposed_convolution(x, w, b, [2], [1], [0]), x, w, b)
x, w, b = real(2, 2, 3, 2), real(3, 2, 3, 2), real(3)
case("transposed convolution", transposed_convolution(x, w, b, [2, 1], [1, 0], [1, 0]), x, w, b)
x = real(2, 2, 3, 2)
case("bilinear upsampling with aligned corners", aligned(x, (6, 5)), x)
x = real(2, 2, 3, 2)
case("bicubic upsampling", bicubic(x, (6, 5)), x)
x = real(2, 2, 3, 3)
case("average pooling, padded, not counting the padding", average_pooling(x), x)
x, g, b = real(3, 5), real(5), real(5)
case("layerNorm", layer_norm(x, g, b), x, g, b)

print(json.dumps({"versions": {"numpy": np.__version__, "scipy": scipy.__version__}, "cases": cases}))
