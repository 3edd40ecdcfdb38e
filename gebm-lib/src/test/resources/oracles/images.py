"""Writes images.json: images resized and cropped by Pillow, and NPY files that NumPy wrote or read.

Run with numpy 2.x and pillow: python images.py > images.json
"""
import base64
import io
import json

import numpy as np
import PIL
from PIL import Image

rng = np.random.default_rng(7)


def text(content):
    return base64.b64encode(content).decode()


def png(image):
    out = io.BytesIO()
    image.save(out, "png")
    return text(out.getvalue())


def squared(image, side):
    """torchvision's Resize(side) and CenterCrop(side) of a PIL image, by its rules of rounding."""
    width, height = image.size
    shorter = min(width, height)
    image = image.resize((int(side * width / shorter), int(side * height / shorter)), Image.Resampling.BILINEAR)
    left, top = int(round((image.width - side) / 2.0)), int(round((image.height - side) / 2.0))
    return image.crop((left, top, left + side, top + side))


def case(name, array, mode, side):
    image = Image.fromarray(array, mode)
    result = np.asarray(squared(image, side).convert("RGB")).transpose(2, 0, 1)
    grey = np.asarray(squared(image.convert("L"), side))
    return {"name": name, "png": png(image), "side": side, "levels": result.ravel().tolist(), "grey": grey.ravel().tolist()}


def saved(array, padded=True):
    """The bytes of numpy.save, or of format 1.0 without the spare room that numpy.save leaves in the header."""
    out = io.BytesIO()
    np.save(out, array)
    if padded:
        return text(out.getvalue())
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (array.dtype.str, array.shape)
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + array.tobytes()
    read = np.load(io.BytesIO(content))
    assert read.dtype == array.dtype and read.shape == array.shape and (read == array).all()
    return text(content)


arrays = {
    "float32": np.array([[1.5, -2, 1 / 3], [0, 1e-30, 3e30]], np.float32),
    "float64": np.array([1 / 3, -np.pi]),
    "int32": np.arange(6, dtype=np.int32).reshape(1, 2, 3),
    "int64": np.array(2**40),
    "uint8": np.array([0, 127, 255], np.uint8),
}
print(json.dumps({
    "versions": {"numpy": np.__version__, "pillow": PIL.__version__},
    "squares": [
        case("wide, smaller", rng.integers(0, 256, (9, 14, 3), np.uint8), "RGB", 4),
        case("high, larger", rng.integers(0, 256, (7, 5, 3), np.uint8), "RGB", 8),
        case("much smaller", rng.integers(0, 256, (31, 40, 3), np.uint8), "RGB", 3),
        case("square, as it is", rng.integers(0, 256, (6, 6, 3), np.uint8), "RGB", 6),
        case("grey", rng.integers(0, 256, (8, 13), np.uint8), "L", 5),
    ],
    "npy": [
        {"type": name, "shape": list(a.shape), "values": a.astype(float).ravel().tolist(),
         "ours": saved(a, False), "numpy": saved(a)}
        for name, a in arrays.items()
    ],
    "fortran": saved(np.asfortranarray(arrays["float32"])),
    "bigEndian": saved(arrays["float32"].astype(">f4")),
}, indent=1))
