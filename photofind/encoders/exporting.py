"""From a torch model to ONNX files, in float32 and in 8 bit. Used once per model, by the tuner.

Left in float32 always: the first and the last layer, attention's products of activations, norms.
Convolutions are quantised with ranges learned from pictures, matrix products with ranges that are
measured as they come. Imports torch, onnx and onnxruntime.
"""

import contextlib
import copy
import logging
import warnings
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime import quantization  # pyright: ignore[reportMissingTypeStubs]
from torch.fx.experimental import optimization
from typing_extensions import override

from photofind.core.errors import EncoderError
from photofind.encoders.base import Pixels
from photofind.encoders.kinds import Pooled

log = logging.getLogger(__name__)

_OPSET = 18
_MOST_AT_ONCE = 4096  # pictures or phrases; a limit the exporter wants to know
_MATRIX = ("MatMul", "Gemm")
_LAYERS = (*_MATRIX, "Conv")
_CALIBRATION_BATCH = 8


class _Pictures(torch.nn.Module):
    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        model: Any = self.model
        return model.encode_image(pixels) if hasattr(model, "encode_image") else model(pixels)


class _Words(torch.nn.Module):
    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        model: Any = self.model
        return model.encode_text(tokens)


def export_pictures(
    model: torch.nn.Module, image_size: int, path: Path, *, plain: bool = False
) -> None:
    """Write the image tower: "pixels" (n, 3, side, side) to "vectors" (n, d). EncoderError.

    plain: every weight stays as the model has it, under its name; nothing is computed ahead.
    """
    if not plain:
        model = _folded(model)
    count = torch.export.Dim("count", min=1, max=_MOST_AT_ONCE)
    example = torch.zeros(2, 3, image_size, image_size)
    _export(_Pictures(model), example, {0: count}, "pixels", path, plain)


def export_words(model: torch.nn.Module, context: int, path: Path, *, plain: bool = False) -> None:
    """Write the text tower: "tokens" (n, length) to "vectors" (n, d). Raises EncoderError.

    `plain` as for pictures.
    The length is free where what follows a phrase's end does not count, else it is `context`.
    """
    shapes: dict[int, Any] = {0: torch.export.Dim("count", min=1, max=_MOST_AT_ONCE)}
    text: Any = getattr(model, "text", None)
    if getattr(text, "any_length", False):
        shapes[1] = torch.export.Dim("length", min=2, max=context)
    example = torch.ones(2, max(3, context // 2) if 1 in shapes else context, dtype=torch.int64)
    _export(_Words(model), example, shapes, "tokens", path, plain)


def quantise(
    source: Path, target: Path, pixels: Sequence[Pixels], *, leave_sensitive: bool = False
) -> None:
    """Write an exported image tower in 8 bit. Raises EncoderError where that makes no sense.

    pixels: pictures to learn ranges from. leave_sensitive: keep in float32 what is known to suffer
    most, too: the way back from a transformer's wide inner layers, a convolutional net's stem.
    """
    library: Any = onnx
    model = library.load(str(source))
    graph = model.graph
    weights = _weight_shapes(graph)
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    products = [
        node
        for node in graph.node
        if node.op_type in _MATRIX and any(name in weights for name in node.input)
    ]
    is_convolutional = _total(convolutions, weights) > _total(products, weights)
    nodes = convolutions if is_convolutional else products
    float_nodes = _ends(graph) & {node.name for node in nodes}
    if leave_sensitive:
        float_nodes |= _stem(nodes) if is_convolutional else _ways_back(nodes, weights)
    chosen = [node.name for node in nodes if node.name not in float_nodes]
    if not chosen:
        raise EncoderError("it has no layers that 8 bit would make faster")
    with _quiet():
        if is_convolutional:
            _quantise_convolutions(model, target, sorted(float_nodes), pixels)
        else:
            _quantise_products(source, target, chosen)


def _quantise_products(source: Path, target: Path, chosen: list[str]) -> None:
    library: Any = quantization
    library.quantize_dynamic(
        source,
        target,
        op_types_to_quantize=list(_MATRIX),
        nodes_to_quantize=chosen,
        per_channel=True,
        weight_type=library.QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )


def _quantise_convolutions(
    model: Any, target: Path, float_nodes: list[str], pixels: Sequence[Pixels]
) -> None:
    library: Any = quantization
    _average_by_convolution(model.graph)
    library.quantize_static(
        model,
        target,
        _Batches(pixels),
        quant_format=library.QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Add", "Relu", "MaxPool", "AveragePool"],
        nodes_to_exclude=float_nodes,
        per_channel=True,
        activation_type=library.QuantType.QUInt8,
        weight_type=library.QuantType.QInt8,
    )


def _average_by_convolution(graph: Any) -> None:
    """Averages over squares side by side as what they are, too: convolutions of each channel.

    In 8 bit onnxruntime takes ten times as long for the one as for the other.
    """
    shapes = {
        item.name: [each.dim_value for each in item.type.tensor_type.shape.dim]
        for item in graph.value_info
    }
    for node in graph.node:
        if node.op_type != "AveragePool" or not _is_in_squares(node, shapes):
            continue
        channels, (height, width) = shapes[node.input[0]][1], _settings(node)["kernel_shape"]
        kernel = np.full((channels, 1, height, width), 1 / (height * width), np.float32)
        weight = f"{node.name}.weight"
        graph.initializer.append(onnx.numpy_helper.from_array(kernel, weight))
        square = onnx.helper.make_node(
            "Conv",
            [node.input[0], weight],
            [*node.output],
            node.name,
            kernel_shape=[height, width],
            strides=[height, width],
            group=channels,
        )
        node.CopyFrom(square)


def _is_in_squares(pooling: Any, shapes: dict[str, list[int]]) -> bool:
    """Whether each number that goes in counts once: no overlap, no border, nothing left over."""
    settings, shape = _settings(pooling), shapes.get(pooling.input[0], [])
    kernel = settings["kernel_shape"]
    return (
        len(kernel) == 2
        and len(shape) == 4
        and all(shape[1:])  # 0 is a size that is not known yet
        and settings.get("strides") == kernel
        and not any(settings.get("pads", []))
        and settings.get("auto_pad", b"NOTSET") == b"NOTSET"
        and not any(side % step for side, step in zip(shape[2:], kernel, strict=True))
    )


def _settings(node: Any) -> dict[str, Any]:
    return {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}


class _Batches(quantization.CalibrationDataReader):  # pyright: ignore[reportUnknownMemberType, reportUntypedBaseClass]
    """Pictures as onnxruntime's calibration reads them."""

    def __init__(self, pixels: Sequence[Pixels]) -> None:
        starts = range(0, len(pixels), _CALIBRATION_BATCH)
        self._batches = iter([np.stack(pixels[at : at + _CALIBRATION_BATCH]) for at in starts])

    @override
    def get_next(self) -> Any:
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": batch}


def _export(
    module: torch.nn.Module,
    example: torch.Tensor,
    shapes: dict[int, Any],
    name: str,
    path: Path,
    plain: bool,
) -> None:
    try:
        with _quiet(), torch.no_grad():
            torch.onnx.export(  # pyright: ignore[reportUnknownMemberType]
                module.eval(),
                (example,),
                str(path),
                dynamo=True,
                external_data=False,
                input_names=[name],
                output_names=["vectors"],
                dynamic_shapes=(shapes,),
                opset_version=_OPSET,
                optimize=not plain,
                verbose=False,
            )
    except Exception as error:
        log.info("the export failed", exc_info=True)
        first = str(error).strip().splitlines() or [type(error).__name__]
        raise EncoderError(f"it cannot be exported: {first[0][:200]}") from error


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """The exporter and the quantiser say much; and attention in one step cannot be exported."""
    backend: Any = torch.backends.mha
    level, fast = logging.root.level, backend.get_fastpath_enabled()
    logging.disable(logging.WARNING)
    backend.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        backend.set_fastpath_enabled(fast)
        logging.disable(logging.NOTSET)
        logging.root.setLevel(level)


def _folded(model: torch.nn.Module) -> torch.nn.Module:
    """The model; a stage that looks twice has its normalisation in its convolutions' weights.

    The exporter does that by itself, but not where a layer is used more than once.
    """
    fuse: Any = optimization.fuse
    if not any(isinstance(part, Pooled) for part in model.modules()):
        return model
    model = copy.deepcopy(model)
    for part in model.modules():
        if isinstance(part, Pooled):
            part.trunk.layer4 = fuse(part.trunk.layer4)
    return model


def _weight_shapes(graph: Any) -> dict[str, tuple[int, ...]]:
    return {item.name: tuple(item.dims) for item in graph.initializer if len(item.dims) > 1}


def _total(nodes: Sequence[Any], weights: dict[str, tuple[int, ...]]) -> int:
    return sum(int(np.prod(_shape(node, weights))) for node in nodes)


def _shape(node: Any, weights: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Of a layer's weights; a Gemm with transposed ones is turned round."""
    shape = next((weights[name] for name in node.input if name in weights), (0,))
    turned = any(item.name == "transB" and item.i for item in node.attribute)
    return shape[::-1] if turned and node.op_type == "Gemm" else shape


def _ways_back(nodes: Sequence[Any], weights: dict[str, tuple[int, ...]]) -> set[str]:
    """Layers with more inputs than outputs."""
    shapes = {node.name: _shape(node, weights) for node in nodes}
    return {name for name, shape in shapes.items() if shape[0] > shape[-1]}


def _stem(nodes: Sequence[Any]) -> set[str]:
    return {node.name for node in nodes[: max(1, len(nodes) // 4)]}


def _ends(graph: Any) -> set[str]:
    names = [node.name for node in graph.node if node.op_type in _LAYERS]
    return {*names[:1], *names[-1:]}
