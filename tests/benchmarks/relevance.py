"""Whether a model's scores tell matches from the rest, and the values by which they do.

The search calls a hit strong where its score reaches the encoder's floor and stands out of the
library (`photofind.core.ranking`). `relevance` measures what that gives; with `--calibrate` it
first fits the values to the sets in the folder and writes them into the model's photofind.json:
those of text to words and everyday words, which count the same, however many there are.

The document: the calibrated values by their names in EncoderSpec, and for QUERIES words (the
labels' first names), everyday (words that captions use), pictures (some of each set), captions,
absent (labels, among captioned pictures that do not show them) and nonsense (phrases without
meaning):

    QUERIES_with_strong_percent     queries that have any strong hit; of the last two few should
    QUERIES_strong_right_percent    of all strong hits, those that are right (words, pictures)
    QUERIES_found_percent           of the right photos, those that are strong hits, mean; for
                                    captions: their own picture
    QUERIES_strong_median           strong hits of a query
"""

import argparse
import dataclasses
import itertools
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from photofind.core.paths import LibraryPaths
from photofind.core.ranking import ANY_CENTRE, Scale, count_shown, find_cut
from photofind.core.types import EncoderSpec, InstalledEncoder
from photofind.encoders.manifest import CALIBRATED, write_calibration
from photofind.encoders.registry import ModelRegistry
from tests.benchmarks.encoding import load
from tests.benchmarks.photo_sets import ZippedSet, find_sets
from tests.benchmarks.relevance_trials import Library, Trials

_CANDIDATES = 200  # floors tried, evenly among the scores
_STEPS = np.arange(0.0, 9.01, 0.05).round(2)  # spreads tried
# A wrong strong hit is twice as bad as a right one that is only weak. Not for pictures: one of
# another label may be much like it all the same.
_BETA = {"text": 0.7, "image": 1.0}
_MOST_CLAIMS = 0.1  # of the queries that nothing is right for, those that may have a strong hit


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
            "absent": library.of_absent(),
            "nonsense": library.of_nonsense(),
        }
    if calibrate:
        values = fitted("image", [pictures], [])
        if texts:
            asked = [texts["words"], texts["everyday"]]
            values |= fitted("text", asked, [texts["absent"], texts["nonsense"]])
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
    centre = spec.text_centre if side == "text" else ANY_CENTRE
    return Scale(centre, spread, floor, getattr(spec, f"{side}_stands_out"))


def _figures(name: str, trials: Trials, expected: Scale) -> dict[str, object]:
    """What the search's own cut makes of the trials."""
    strong = _strong(trials, expected)
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


def _strong(trials: Trials, expected: Scale) -> np.ndarray:
    """How many strong hits the search's own cut gives each query (q,)."""
    return np.array(
        [
            count_shown(scores, find_cut(scores, _as_expected(background, expected)))[0]
            for scores, background in zip(trials.scores, trials.backgrounds, strict=True)
        ]
    )


def _as_expected(background: Scale, expected: Scale) -> Scale:
    believed = _believed(background, expected.centre, expected.spread)
    return dataclasses.replace(expected, centre=believed.centre, spread=believed.spread)


def _believed(background: Scale, centre: float, spread: float) -> Scale:
    """A background as `ranking.measure` gives it to a model with this usual centre and spread."""
    if background.centre <= centre:
        return background
    return dataclasses.replace(background, centre=centre, spread=min(background.spread, spread))


def fitted(side: str, asked: Sequence[Trials], silent: Sequence[Trials]) -> dict[str, float]:
    """The values whose strong hits are best: by F, the harmonic mean over the kinds of queries, so
    that none of them goes without hits for the sake of another.

    Only such values as leave most of each kind of `silent` ones without a strong hit, by the
    search's own cut.
    """
    asked, silent = ([each for each in kinds if len(each.scores)] for kinds in (asked, silent))
    backgrounds = [scale for trials in asked for scale in trials.backgrounds]
    usual = ANY_CENTRE
    if side == "text":
        usual = round(float(np.median([scale.centre for scale in backgrounds])), 3)
    spread = round(float(np.median([scale.spread for scale in backgrounds])), 3)
    spreads = [_standard(trials, usual, spread) for trials in asked]
    scores = np.concatenate([trials.scores.ravel() for trials in asked])
    floors = np.quantile(scores, 1 - np.geomspace(0.5, 0.0002, _CANDIDATES)).round(3).tolist()
    best = (-1.0, 0.0, 0.0)
    for floor, step in itertools.product(floors, _STEPS.tolist()):
        values = [
            _f_measure((trials.scores >= floor) & (standard >= step), trials, _BETA[side])
            for trials, standard in zip(asked, spreads, strict=True)
        ]
        found = (statistics.harmonic_mean(values), -step, floor)
        expected = Scale(usual, spread, floor, step)
        if found > best and all((_strong(t, expected) > 0).mean() <= _MOST_CLAIMS for t in silent):
            best = found
    if best[0] < 0:
        sys.exit("no floor tells this model's matches from nonsense")
    values = {
        f"{side}_floor": best[2],
        f"{side}_spread": spread,
        f"{side}_stands_out": -best[1],
    }
    return values | ({"text_centre": usual} if side == "text" else {})


def _standard(trials: Trials, centre: float, spread: float) -> np.ndarray:
    """Scores in spreads above each query's background (q, k)."""
    scales = [_believed(scale, centre, spread) for scale in trials.backgrounds]
    centres = np.array([scale.centre for scale in scales])[:, None]
    return (trials.scores - centres) / np.array([scale.spread for scale in scales])[:, None]


def _f_measure(strong: np.ndarray, trials: Trials, beta: float) -> float:
    """van Rijsbergen's F of a choice (q, k): recall weighs `beta` times as much as precision."""
    hits = float((strong & trials.right).sum())
    return (1 + beta**2) * hits / max(beta**2 * trials.wanted.sum() + float(strong.sum()), 1.0)


def _percent(share: float) -> float:
    return round(100 * share, 2)
