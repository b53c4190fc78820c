"""Whether a model's scores tell matches from the rest, and the values by which they do.

The search calls a hit strong where its score reaches the encoder's floor and stands out of the
library (`photofind.core.ranking`). `relevance` measures what that gives; with `--calibrate` it
first fits the values to the sets in the folder and writes them into the model's photofind.json:
those of text to words and everyday words together.

The document: the calibrated values by their names in EncoderSpec, and for QUERIES words (the
labels' first names), everyday (words that captions use), pictures (some of each set), captions,
nonsense (phrases without meaning):

    QUERIES_with_strong_percent     queries that have any strong hit; of nonsense few should
    QUERIES_strong_right_percent    of all strong hits, those that are right (words, pictures)
    QUERIES_found_percent           of the right photos, those that are strong hits, mean; for
                                    captions: their own picture
    QUERIES_strong_median           strong hits of a query
"""

import argparse
import dataclasses
import sys
from pathlib import Path

import numpy as np

from photofind.core.paths import LibraryPaths
from photofind.core.ranking import Scale, count_shown, find_cut
from photofind.core.types import EncoderSpec, InstalledEncoder
from photofind.encoders.manifest import CALIBRATED, write_calibration
from photofind.encoders.registry import ModelRegistry
from tests.benchmarks.encoding import load
from tests.benchmarks.photo_sets import ZippedSet, find_sets
from tests.benchmarks.relevance_trials import Library, Trials, joined

_CANDIDATES = 200  # floors tried, evenly among the scores
_STEPS = np.arange(0.0, 6.01, 0.25)  # spreads tried
# A wrong strong hit is twice as bad as a right one that is only weak. Not for pictures: one of
# another label may be much like it all the same.
_BETA = {"text": 0.7, "image": 1.0}
_MOST_NONSENSE = 0.2  # of the phrases without meaning, those that may have a strong hit


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    sets = find_sets(options.photos, options.split)
    if not sets:
        sys.exit(f"{options.photos} has no NAME-SPLIT.zip with its .tsv; say --photos DIR")
    installed = ModelRegistry(LibraryPaths.default().models).get(options.model)
    return measure_model(installed, sets, calibrate=options.calibrate)


def measure_model(
    installed: InstalledEncoder, sets: list[ZippedSet], *, calibrate: bool
) -> dict[str, object]:
    """Figures of a model as it is, or, with `calibrate`, after its values were fitted and kept."""
    encoder = load(installed)
    spec = installed.spec
    library = Library(encoder, sets)
    pictures = library.of_pictures()
    texts: dict[str, Trials] = {}
    if spec.has_text:
        texts = {
            "words": library.of_words(),
            "everyday": library.of_everyday(),
            "captions": library.of_captions(),
            "nonsense": library.of_nonsense(),
        }
    if calibrate:
        values = fitted("image", pictures)
        if texts:
            asked = joined(texts["words"], texts["everyday"])
            values |= fitted("text", asked, texts["nonsense"])
        write_calibration(installed.folder, values)
        spec = dataclasses.replace(spec, **values)
    figures: dict[str, object] = {"model": spec.encoder_id, "encoder_key": installed.key}
    figures |= {name: getattr(spec, name) for name in CALIBRATED}
    figures |= _figures("pictures", pictures, _expected(spec, "image"))
    for name, trials in texts.items():
        if len(trials.scores):
            figures |= _figures(name, trials, _expected(spec, "text"))
    return figures


def _expected(spec: EncoderSpec, side: str) -> Scale:
    floor, spread = getattr(spec, f"{side}_floor"), getattr(spec, f"{side}_spread")
    return Scale(floor, spread, floor, getattr(spec, f"{side}_stands_out"))


def _figures(name: str, trials: Trials, expected: Scale) -> dict[str, object]:
    """What the search's own cut makes of the trials."""
    strong = np.array(
        [
            count_shown(scores, find_cut(scores, _as_expected(background, expected)))[0]
            for scores, background in zip(trials.scores, trials.backgrounds, strict=True)
        ]
    )
    inside = np.arange(trials.scores.shape[1])[None] < strong[:, None]
    right = (inside & trials.right).sum(axis=1)
    figures: dict[str, object] = {
        f"{name}_with_strong_percent": _percent(float((strong > 0).mean())),
        f"{name}_strong_median": float(np.median(strong)),
    }
    if trials.wanted.any():
        asked = trials.wanted > 0
        found = right[asked] / trials.wanted[asked]
        figures[f"{name}_found_percent"] = _percent(float(found.mean()))
        if name != "captions":
            share = right.sum() / max(strong.sum(), 1)
            figures[f"{name}_strong_right_percent"] = _percent(float(share))
    return figures


def _as_expected(background: Scale, expected: Scale) -> Scale:
    return dataclasses.replace(background, floor=expected.floor, stands_out=expected.stands_out)


def fitted(side: str, trials: Trials, nonsense: Trials | None = None) -> dict[str, float]:
    """The floor and the number of spreads whose strong hits are best, by F over all queries.

    Only values are tried that leave nearly all of the nonsense without a strong hit.
    """
    spreads = _standard(trials)
    best = (-1.0, 0.0, 0.0)
    for floor in np.quantile(trials.scores, 1 - np.geomspace(0.5, 0.0002, _CANDIDATES)):
        for step in _STEPS:
            if nonsense is not None:
                claims = (nonsense.scores >= floor) & (_standard(nonsense) >= step)
                if claims.any(axis=1).mean() > _MOST_NONSENSE:
                    continue
            strong = (trials.scores >= floor) & (spreads >= step)
            value = _f_measure(strong, trials, _BETA[side])
            best = max(best, (value, float(-step), float(floor)))
    if best[0] < 0:
        sys.exit("no floor tells this model's matches from nonsense")
    return {
        f"{side}_floor": round(best[2], 3),
        f"{side}_spread": round(float(np.median([b.spread for b in trials.backgrounds])), 3),
        f"{side}_stands_out": round(-best[1], 2),
    }


def _standard(trials: Trials) -> np.ndarray:
    """Scores in spreads above each query's background (q, k)."""
    centres = np.array([scale.centre for scale in trials.backgrounds])[:, None]
    spreads = np.array([scale.spread for scale in trials.backgrounds])[:, None]
    return (trials.scores - centres) / spreads


def _f_measure(strong: np.ndarray, trials: Trials, beta: float) -> float:
    """van Rijsbergen's F of a choice (q, k): recall weighs `beta` times as much as precision."""
    hits = float((strong & trials.right).sum())
    return (1 + beta**2) * hits / max(beta**2 * trials.wanted.sum() + float(strong.sum()), 1.0)


def _percent(share: float) -> float:
    return round(100 * share, 2)
