"""Writes the ONNX graphs that ship with the model, by which ONNX Runtime computes it at once.

Those of float32 hold no weights: each weight is a reference to its place in a safetensors file,
and a cast to float32. So they fit any weights of the same architecture that were written in the
same order, and `photofind.encoders.shipped` refuses them for others. The pictures' side is there in
8 bit as well, with weights of its own and ranges learned from training pictures; it is only written
where it is as faithful to float32 as the application asks of such graphs.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from data import SET_WEIGHTS, decode_all, read_set
from onnx import NodeProto, TensorProto, helper, numpy_helper
from onnxscript import optimizer
from PIL import Image

from photofind.encoders.base import Pixels
from photofind.encoders.compiled import PICTURES, WORDS, file_entry
from photofind.encoders.exporting import export_pictures, export_words, quantise
from photofind.encoders.intake import intake_of
from photofind.encoders.loading import build_model
from photofind.encoders.manifest import find_weights, read_manifest
from photofind.encoders.modes import compare
from photofind.encoders.onnx_backend import OnnxTower
from photofind.encoders.registry import ModelRegistry
from photofind.encoders.shipped import SHIPPED, layout_of, weights_header
from photofind.encoders.squares import middle_look

EIGHT_BIT = "pictures-int8.onnx"

_DTYPES = {"F16": (TensorProto.FLOAT16, np.float16), "F32": (TensorProto.FLOAT, np.float32)}
_PREFIXES = ("model.text.tower.tower.", "model.text.tower.", "model.text.", "model.")
_STORED_AS = {
    ".visual.trunk.trunk.": ".visual.trunk.",
    ".visual.trunk.middle": ".visual.middle",
}
"""Parts of a model that are wrapped (`kinds`), and what they are in the file."""

_EACH_SET = 48  # training pictures that 8 bit is learned from and compared on
_LEARN_EVERY = 4  # of them, one is learned from
_MOST_INLINE = 1 << 16  # bytes of constants that may stand in a graph itself


@dataclass(frozen=True, slots=True)
class Stored:
    """A weight in its file."""

    path: Path
    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int  # bytes from the start of the file
    length: int  # bytes


class WeightsFiles:
    """Which weights a model's safetensors files hold, and where."""

    def __init__(self, *paths: Path) -> None:
        self._entries: dict[str, Stored] = {}
        for path in paths:
            header, start = weights_header(path)
            for name, entry in json.loads(header).items():
                if name != "__metadata__" and entry["dtype"] in _DTYPES:
                    begin, end = entry["data_offsets"]
                    shape = tuple(entry["shape"])
                    self._entries[name] = Stored(
                        path, name, entry["dtype"], shape, start + begin, end - begin
                    )

    def find(self, parameter: str) -> Stored | None:
        """The stored weight of an exported model's parameter; None for what is not stored."""
        for part, stored in _STORED_AS.items():
            parameter = parameter.replace(part, stored)
        names = (parameter.removeprefix(prefix) for prefix in _PREFIXES)
        return next((self._entries[name] for name in names if name in self._entries), None)

    def check(self, stored: Stored, tensor: TensorProto) -> None:
        """Raises ValueError where the exporter has changed what was stored."""
        values = np.fromfile(
            stored.path,
            _DTYPES[stored.dtype][1],
            count=stored.length // _DTYPES[stored.dtype][1]().itemsize,
            offset=stored.offset,
        )
        exported = numpy_helper.to_array(tensor)
        if not np.array_equal(values.reshape(stored.shape).astype(np.float32), exported):
            raise ValueError(f"{tensor.name} is no longer what the file holds as {stored.name}")

    def reference(self, stored: Stored) -> TensorProto:
        """An initializer that lies in the file."""
        tensor = TensorProto(
            name=stored.name,
            dims=stored.shape,
            data_type=_DTYPES[stored.dtype][0],
            data_location=TensorProto.EXTERNAL,
        )
        place = {"location": stored.path.name, "offset": stored.offset, "length": stored.length}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        return tensor


def write_graphs(folder: Path, pictures: Sequence[Image.Image] = ()) -> list[Path]:
    """Write the graphs of the model in `folder` beside its weights, and their record last.

    pictures: to make the one in 8 bit with, RGB; without any it is left out. Returns the files.
    Graphs without a record are not used. Raises EncoderError, OSError; ValueError where the
    weights cannot be referred to.
    """
    (folder / SHIPPED).unlink(missing_ok=True)
    installed = ModelRegistry(folder, builtin=folder).get("builtin")
    intake = intake_of(installed)
    manifest = read_manifest(folder)
    kinds = [folder / manifest.kinds] if manifest.kinds else []
    weights = WeightsFiles(find_weights(folder, manifest), *kinds)
    model = build_model(installed)
    tokenize = intake.tokenizer(installed)
    if tokenize is None:
        raise ValueError(f"{folder} has no text side")
    graphs = {side: folder / f"{side}.onnx" for side in (PICTURES, WORDS)}
    with tempfile.TemporaryDirectory() as work:
        whole = {side: Path(work) / path.name for side, path in graphs.items()}
        export_pictures(model, intake.image_size, whole[PICTURES], plain=True)
        export_words(model, tokenize(["a"]).shape[1], whole[WORDS], plain=True)
        for side, path in graphs.items():
            path.write_bytes(refer(onnx.load(whole[side]), weights).SerializeToString())
        paths = [*graphs.values()]
        files = {side: asdict(file_entry(path)) for side, path in graphs.items()}
        record: dict[str, Any] = {"layout": layout_of(folder), "files": files}
        if pictures:
            prepare = intake.preprocessor()
            pixels = [middle_look(prepare(picture)) for picture in pictures]
            export_pictures(model, intake.image_size, whole[PICTURES])
            paths.append(folder / EIGHT_BIT)
            _write_eight_bit(whole[PICTURES], paths[-1], pixels)
            record["eight_bit"] = {"key": installed.key, "file": asdict(file_entry(paths[-1]))}
    (folder / SHIPPED).write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return [*paths, folder / SHIPPED]


def _write_eight_bit(source: Path, target: Path, pixels: Sequence[Pixels]) -> None:
    """The exported pictures' side in 8 bit, once it is known to be faithful.

    Raises ValueError where it is not.
    """
    learned = pixels[::_LEARN_EVERY]
    compared = [each for at, each in enumerate(pixels) if at % _LEARN_EVERY]
    made = source.with_name(EIGHT_BIT)
    quantise(source, made, learned)
    exact, rows = (OnnxTower(path, 0).run_pictures(compared) for path in (source, made))
    figures = compare(exact, rows, 0.0)
    said = f"mean {figures.mean:.4f}, least {figures.least:.4f}, neighbours {figures.overlap:.3f}"
    print(f"{target}: {said} on {len(compared)} pictures")
    if not figures.is_faithful:
        raise ValueError(f"8 bit is not faithful: {figures.problem or said}")
    model = onnx.load(made)
    _forget_origin(model)
    target.write_bytes(model.SerializeToString())


def training_pictures(photos: Path) -> list[Image.Image]:
    """As many pictures of each training set in a folder, spread over it."""
    found = []
    for name in SET_WEIGHTS:
        whole = read_set(photos, name, "train")
        chosen = whole.files[:: max(1, len(whole.files) // _EACH_SET)][:_EACH_SET]
        found += decode_all(replace(whole, files=chosen))
    return found


def refer(model: onnx.ModelProto, weights: WeightsFiles) -> onnx.ModelProto:
    """The same model with its weights in their file instead of in itself.

    It is simplified as far as that needs no weight's value. Raises ValueError.
    """
    stored = {
        tensor.name: (tensor, found)
        for tensor in model.graph.initializer
        if (found := weights.find(tensor.name)) is not None
    }
    for tensor, found in stored.values():
        weights.check(found, tensor)
    model = _simplified(model, {name: tensor for name, (tensor, _) in stored.items()})
    graph = model.graph
    places = {name: found for name, (_, found) in stored.items() if _uses(graph.node, name)}
    inline = sum(len(numpy_helper.to_array(t).tobytes()) for t in graph.initializer)
    if inline > _MOST_INLINE:
        raise ValueError(f"{inline} bytes would stand in the graph beside the weights")
    _replace(graph.node, _with_casts(graph.node, places))
    graph.initializer.extend(map(weights.reference, places.values()))
    _forget_origin(model)
    return model


def _simplified(model: onnx.ModelProto, values: dict[str, TensorProto]) -> onnx.ModelProto:
    """Optimised while the weights pass for inputs, so that none is fused or folded."""
    graph = model.graph
    _replace(graph.initializer, (own for own in graph.initializer if own.name not in values))
    graph.input.extend(
        helper.make_tensor_value_info(name, tensor.data_type, list(tensor.dims))
        for name, tensor in values.items()
    )
    model = optimizer.optimize(model)
    _replace(model.graph.input, (item for item in model.graph.input if item.name not in values))
    return model


def _with_casts(nodes: Sequence[NodeProto], places: dict[str, Stored]) -> Iterator[NodeProto]:
    """The nodes in order, with weights in float32 where they are used.

    A table that rows are only taken from stays as it is; the rows are cast.
    """
    tables = {name for name in places if all(use == ("Gather", 0) for use in _uses(nodes, name))}
    for name in (name for name in places if name not in tables):
        yield helper.make_node("Cast", [places[name].name], [name], to=TensorProto.FLOAT)
    for node in nodes:
        yield node
        if node.op_type == "Gather" and node.input[0] in tables:
            rows = node.output[0]
            node.input[0] = places[node.input[0]].name
            node.output[0] = f"{rows}.stored"
            yield helper.make_node("Cast", [node.output[0]], [rows], to=TensorProto.FLOAT)


def _uses(nodes: Sequence[NodeProto], name: str) -> list[tuple[str, int]]:
    return [
        (node.op_type, place)
        for node in nodes
        for place, given in enumerate(node.input)
        if given == name
    ]


def _forget_origin(model: onnx.ModelProto) -> None:
    """Leave out what the exporter notes about source lines and shapes between."""
    graph = model.graph
    _replace(graph.value_info, [])
    for item in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        item.ClearField("doc_string")
        item.ClearField("metadata_props")


def _replace(items: Any, others: Iterable[Any]) -> None:
    """Put others in the place of a message's repeated items."""
    kept = list(others)
    del items[:]
    items.extend(kept)


def main(args: argparse.Namespace) -> None:
    """Writes the graphs of the folder `args.model`."""
    for path in write_graphs(Path(args.model), training_pictures(Path(args.photos))):
        print(f"{path}: {path.stat().st_size} bytes")
