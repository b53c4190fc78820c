"""Measures the exported folder exactly as a user's open_clip would run it.

Every figure comes from `open_clip.create_model_and_transforms("local-dir:...")`, its own
preprocessing and its own tokenizer, on the `dev` splits, which training never sees.
"""

import argparse
import json
import time
from pathlib import Path

import open_clip
import torch
from data import PhotoSet, decode_all, read_set
from export import replace_file
from torch import Tensor

ZERO_SHOT = ("tiny-imagenet", "caltech101", "food101", "scenes15", "flowers", "imagenet1k-sample")
FLOORS_FILE = "photofind.json"
FLOOR_QUANTILE = 0.99


class Measured:
    """A loaded model folder with its preprocessing and tokenizer."""

    def __init__(self, folder: Path) -> None:
        name = f"local-dir:{folder}"
        self.model, _, self._preprocess = open_clip.create_model_and_transforms(name)
        self._tokenizer = open_clip.get_tokenizer(name)
        self.model.eval()
        self.pictures_per_second = 0.0

    @torch.inference_mode()
    def pictures(self, photo_set: PhotoSet) -> Tensor:
        """Unit vectors (n, d) of a set's pictures."""
        inputs = torch.stack([self._preprocess(p) for p in decode_all(photo_set)])
        start = time.perf_counter()
        vectors = torch.cat([self.model.encode_image(part) for part in inputs.split(64)])
        self.pictures_per_second = len(inputs) / (time.perf_counter() - start)
        return torch.nn.functional.normalize(vectors, dim=-1)

    @torch.inference_mode()
    def phrases(self, texts: list[str]) -> Tensor:
        """Unit vectors (n, d) of phrases."""
        rows = self._tokenizer(texts).split(512)
        return torch.cat([self.model.encode_text(part, normalize=True) for part in rows])


def zero_shot(model: Measured, photo_set: PhotoSet, vectors: Tensor) -> dict[str, float]:
    """Top-1 accuracy in per cent, for three ways of naming a label.

    plain: its first name; photo: "a photo of a NAME."; names: the mean of that sentence over all
    its names.
    """
    labels = sorted({texts[0] for texts in photo_set.texts})
    truth = torch.tensor([labels.index(texts[0]) for texts in photo_set.texts])
    first = [label.split(", ")[0] for label in labels]
    ways = {
        "plain": model.phrases(first),
        "photo": model.phrases([f"a photo of a {name}." for name in first]),
        "names": torch.stack(
            [
                model.phrases([f"a photo of a {name}." for name in label.split(", ")]).mean(0)
                for label in labels
            ]
        ),
    }
    return {
        way: round(100 * float(((vectors @ heads.T).argmax(1) == truth).float().mean()), 2)
        for way, heads in ways.items()
    }


def precision_at(photo_set: PhotoSet, vectors: Tensor, count: int = 10) -> float:
    """Share of the same label among the `count` nearest other pictures, mean over pictures."""
    labels = sorted({texts[0] for texts in photo_set.texts})
    truth = torch.tensor([labels.index(texts[0]) for texts in photo_set.texts])
    scores = vectors @ vectors.T
    scores.fill_diagonal_(-2)
    nearest = scores.topk(count, dim=1).indices
    return round(float((truth[nearest] == truth[:, None]).float().mean()), 4)


def recall(photo_set: PhotoSet, vectors: Tensor, captions: Tensor) -> dict[str, float]:
    """Per cent of captions whose picture is among the first 1, 5, 10 of all pictures."""
    owners = torch.arange(len(vectors)).repeat_interleave(len(photo_set.texts[0]))
    scores = captions @ vectors.T
    rank = (scores > scores[torch.arange(len(owners)), owners][:, None]).sum(1)
    return {f"recall@{k}": round(100 * float((rank < k).float().mean()), 2) for k in (1, 5, 10)}


def spread(scores: Tensor, matching: Tensor) -> dict[str, float]:
    """Quantiles of cosines of matching and of other pairs (same shape, bool)."""
    result = {}
    for name, values in (("matching", scores[matching]), ("other", scores[~matching])):
        values = values.float().sort().values
        for share in (0.01, 0.1, 0.5, 0.9, FLOOR_QUANTILE):
            result[f"{name} {share:g}"] = round(float(values[int(share * (len(values) - 1))]), 3)
    return result


def main(args: argparse.Namespace) -> None:
    """Prints one JSON document with every figure; `--floors` writes photofind.json as well."""
    torch.set_num_threads(args.threads)
    model, photos = Measured(Path(args.model)), Path(args.photos)
    figures: dict[str, object] = {}
    for name in ZERO_SHOT:
        photo_set = read_set(photos, name, "dev")
        vectors = model.pictures(photo_set)
        figures[f"{name} zero-shot %"] = zero_shot(model, photo_set, vectors)
        figures[f"{name} pictures/s"] = round(model.pictures_per_second)
        if name == "caltech101":
            figures["caltech101 precision@10"] = precision_at(photo_set, vectors)
            labels = [texts[0] for texts in photo_set.texts]
            same = torch.tensor([[a == b for b in labels] for a in labels])
            pairs = ~torch.eye(len(labels), dtype=torch.bool)
            alike = spread((vectors @ vectors.T)[pairs], same[pairs])
    photo_set = read_set(photos, "flickr8k", "dev")
    vectors = model.pictures(photo_set)
    captions = model.phrases([text for texts in photo_set.texts for text in texts])
    figures["flickr8k"] = recall(photo_set, vectors, captions)
    owners = torch.arange(len(vectors)).repeat_interleave(len(photo_set.texts[0]))
    described = spread(captions @ vectors.T, owners[:, None] == torch.arange(len(vectors))[None])
    figures |= {"picture-picture cosine": alike, "words-picture cosine": described}
    print(json.dumps(figures, indent=1))
    if args.floors:
        floors = {
            "text_floor": described[f"other {FLOOR_QUANTILE:g}"],
            "image_floor": alike[f"other {FLOOR_QUANTILE:g}"],
            "logit_scale": round(model.model.logit_scale.exp().item(), 2),
        }
        data = (json.dumps(floors, indent=2) + "\n").encode()
        replace_file(Path(args.model) / FLOORS_FILE, data)
