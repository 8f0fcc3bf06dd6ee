"""A sentence encoder as it was exported: its weights, and the same encoder with others.

The file is ONNX, written by PyTorch, which keeps the first names of all weights but those of
products; these are known by the step they are used in. Here the weights of a block are named by its
number and a letter: `3.Q` and `3.q` make the queries, keys and values of block 3, `O o` what
attention adds, `M m` are its norm's; `F f` make the wide layer, `G g` the way back from it, `N n`
are its norm's.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import onnx
from onnx.numpy_helper import from_array, to_array

from detectors.arrays import Floats

STEP: Final = ".step"
"""`3.Q.step`, shape (columns,), is the size of the steps that `3.Q` was moved in."""
LAYERS: Final = {
    "Q": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "O": ("attention.output.dense",),
    "M": ("attention.output.LayerNorm",),
    "F": ("intermediate.dense",),
    "G": ("output.dense",),
    "N": ("output.LayerNorm",),
}


class Exported:
    """The file at `path`. Raises `FileNotFoundError`."""

    def __init__(self, path: Path) -> None:
        self._model = onnx.load(path)
        graph = self._model.graph
        self._stored = {one.name: one for one in graph.initializer}
        for step in graph.node:
            if step.op_type == "MatMul" and step.input[1] in self._stored:
                name = step.name.removeprefix("/").removesuffix("/MatMul").replace("/", ".")
                self._stored[f"{name}.weight"] = self._stored[step.input[1]]

    def weights(self) -> dict[str, Floats]:
        """The weights of its blocks."""
        return {
            name: np.concatenate([self.named(part) for part in parts], axis=-1)
            for name, parts in self._parts().items()
        }

    def named(self, name: str) -> Floats:
        """A weight by its first name, such as `embeddings.LayerNorm.bias`."""
        return np.array(to_array(self._stored[name]), np.float32)

    def with_weights(self, weights: Mapping[str, Floats]) -> onnx.ModelProto:
        """The model with other weights of its blocks."""
        for name, parts in self._parts().items():
            for part, one in zip(parts, np.split(weights[name], len(parts), axis=-1), strict=True):
                stored = self._stored[part]
                stored.CopyFrom(from_array(np.ascontiguousarray(one), stored.name))
        return self._model

    def _parts(self) -> dict[str, list[str]]:
        """The first names of what makes each weight of the blocks."""
        blocks = {name.split(".")[2] for name in self._stored if name.startswith("encoder.layer.")}
        return {
            f"{block}.{letter if kind == 'weight' else letter.lower()}": [
                f"encoder.layer.{block}.{layer}.{kind}" for layer in layers
            ]
            for block in sorted(blocks, key=int)
            for letter, layers in LAYERS.items()
            for kind in ("weight", "bias")
        }


def with_learned(weights: Mapping[str, Floats], learned: Mapping[str, Any]) -> dict[str, Floats]:
    """Weights with what was learned since: what is new, and what is to be added to others."""
    made = dict(weights)
    for name, one in learned.items():
        if not name.endswith(STEP):
            further = one.astype(np.float32) * learned.get(name + STEP, np.float32(1))
            made[name] = made.get(name, np.float32(0)) + further
    return made


def quantised(model: onnx.ModelProto) -> bytes:
    """A model whose products have weights of one byte: it reads a text four times as fast."""
    from onnxruntime.quantization import QuantType, quant_utils, quantize_dynamic

    # Nothing is left to prepare; without the note there would be a warning.
    quant_utils.add_pre_process_metadata(model)
    with TemporaryDirectory() as folder:
        made = Path(folder, "encoder.onnx")
        quantize_dynamic(
            model,
            made,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
        )
        return made.read_bytes()
