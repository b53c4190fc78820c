"""The tables of quality and relevance on small sets and small models of random weights."""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from photofind.core.ranking import Scale, count_shown, find_cut
from photofind.encoders.manifest import CALIBRATED
from photofind.encoders.registry import ModelRegistry
from tests.benchmarks import quality, relevance
from tests.benchmarks.damage import DAMAGES
from tests.benchmarks.encoding import load
from tests.benchmarks.measures import (
    found_first_percent,
    precision_at,
    recall_percents,
    zero_shot_percent,
)
from tests.benchmarks.photo_sets import find_sets
from tests.benchmarks.relevance_trials import Library, Trials
from tests.encoders import tiny
from tests.samples import write_drawn_photos


def write_set(folder: Path, name: str, texts: Sequence[str]) -> None:
    """A zipped set of drawn pictures; texts: tab-separated, one line for each."""
    paths = write_drawn_photos(folder / name, len(texts), (80, 60))
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for path in paths:
            archive.write(path, f"inside/{path.name}")
    lines = [f"{path.name}\t{text}\n" for path, text in zip(paths, texts, strict=True)]
    (folder / f"{name}.tsv").write_text("".join(lines), "utf-8")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Two wait for each other where the processor is busy with other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    write_set(folder, "caltech101-held", ["cup", "chair, seat"] * 6)
    write_set(folder, "some-things-test", [f"thing {number}" for number in range(4)])
    write_set(folder, "flickr8k-dev", ["a dog\ta brown dog", "a car\tsomebody's car"])
    write_set(folder, "flickr8k-train", ["a cat\tone cat"])
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelRegistry:
    folder = tmp_path_factory.mktemp("models")
    registry = ModelRegistry(
        folder / "installed", builtin=tiny.save_open_clip(folder / "saved" / "clip")
    )
    registry.import_path(tiny.save_timm(folder / "saved" / "vit"))
    return registry


def test_sets_are_found_by_their_names_and_never_what_models_learn_from(photos: Path) -> None:
    found = {(each.name, each.split): len(each.files) for each in find_sets(photos)}
    assert found == {
        ("caltech101", "held"): 12,
        ("flickr8k", "dev"): 2,
        ("some-things", "test"): 4,
    }
    assert [each.name for each in find_sets(photos, "held")] == ["caltech101"]
    assert find_sets(photos / "nowhere") == []


def test_table_has_what_the_folder_has(photos: Path, models: ModelRegistry) -> None:
    figures = quality.measure_model(models.get("builtin"), find_sets(photos), repeats=1)
    assert figures["caltech101_pictures"] == 12
    assert figures["caltech101_split"] == "held"
    assert 0 <= float(str(figures["caltech101_zero_shot_top1_percent"])) <= 100
    assert figures["flickr8k_recall_at_5_percent"] == 100
    found = [float(str(figures[f"copies_{kind}_percent"])) for kind in DAMAGES]
    assert figures["copies_percent"] == pytest.approx(np.mean(found[:-1]), abs=0.01)
    assert "some_things_zero_shot_top1_percent" in figures
    assert "some_things_precision_at_10" not in figures, "each label has one picture"
    assert float(str(figures["pictures_per_second"])) > 0
    assert all(name == name.lower() and name.isidentifier() for name in figures)
    assert not any(isinstance(value, dict | list) for value in figures.values())


def test_model_without_words_is_measured_by_pictures(photos: Path, models: ModelRegistry) -> None:
    figures = quality.measure_model(models.get("local-vit"), find_sets(photos), repeats=1)
    assert "caltech101_precision_at_10" in figures
    assert "copies_percent" in figures
    assert not any("zero_shot" in name or "recall" in name for name in figures)
    assert "milliseconds_per_phrase" not in figures
    assert "words_found_percent" not in relevance.measure_model(
        models.get("local-vit"), find_sets(photos), calibrate=False
    )


def test_calibration_is_what_the_model_says_afterwards(photos: Path, models: ModelRegistry) -> None:
    figures = relevance.measure_model(models.get("local-vit"), find_sets(photos), calibrate=True)
    spec = models.get("local-vit").spec
    assert {name: figures[name] for name in CALIBRATED} == {
        name: getattr(spec, name) for name in CALIBRATED
    }


def test_everyday_words_are_right_where_a_caption_says_them(
    photos: Path, models: ModelRegistry
) -> None:
    encoder = load(models.get("builtin"))
    sets = find_sets(photos)
    trials = Library(encoder, sets).of_everyday()
    assert trials.wanted.tolist() == [1, 1], "car and dog; nobody says the others"
    assert trials.right.sum(axis=1).tolist() == [1, 1]
    assert (trials.scores[:, 2:] == -2).all(), "pictures without captions may show anything"
    absent = Library(encoder, sets).of_absent()
    assert len(absent.scores) == 6, "cup, chair and four things"
    assert not absent.right.any()
    unsaid = Library(encoder, [each for each in sets if not each.has_captions]).of_everyday()
    assert len(unsaid.scores) == 0


def test_fitted_floor_lies_between_matches_and_the_rest_and_above_nonsense() -> None:
    random = np.random.default_rng(0)
    scores = -np.sort(-random.uniform(0.0, 0.3, (40, 50)), axis=1).astype(np.float32)
    scores[:, :5] = np.sort(random.uniform(0.35, 0.5, (40, 5)))[:, ::-1]
    right = np.zeros((40, 50), np.bool_)
    right[:, :5] = True
    scales = [Scale(0.1, 0.05, 0.1)] * 40
    words = Trials(scores, right, np.full(40, 5), scales)
    nothing = np.zeros((40, 50), np.bool_)
    quiet = Trials(scores - 0.25, nothing, np.zeros(40, np.int64), scales)
    loud = Trials(scores - 0.05, nothing, np.zeros(40, np.int64), scales)
    assert 0.29 < relevance.fitted("text", [words], [quiet])["text_floor"] < 0.36
    assert relevance.fitted("text", [words], [quiet, loud])["text_floor"] > 0.42


def test_what_the_search_would_show_for_nonsense_counts_not_what_lies_above_the_floor() -> None:
    """Its cut falls into a gap, which may lie below scores that do not stand out by themselves."""
    silence = [Scale(0.3, 0.05, 0.1)] * 40
    best = 0.3 + 0.05 * np.linspace(3.0, 4.3, 40)[:, None]
    nothing = np.zeros((40, 2), np.bool_)
    near = np.hstack([best, best - 0.015]).astype(np.float32)
    quiet = Trials(near, nothing, np.zeros(40, np.int64), silence)
    scales = [Scale(0.1 if query % 4 == 0 else 0.3, 0.05, 0.1) for query in range(40)]
    best = np.array([scale.centre for scale in scales])[:, None]
    best = best + 0.05 * np.linspace(4.3, 6.0, 40)[:, None]
    scores = np.hstack([best, best - 0.4, best - 0.4]).astype(np.float32)
    right = np.tile([True, False, False], (40, 1))
    words = Trials(scores, right, np.ones(40, np.int64), scales)
    found = relevance.fitted("text", [words], [quiet])
    scale = Scale(
        found["text_centre"], found["text_spread"], found["text_floor"], found["text_stands_out"]
    )
    claims = [count_shown(row, find_cut(row, scale))[0] > 0 for row in quiet.scores]
    assert 0 < np.mean(claims) <= 0.1


def test_measures_on_vectors_whose_answers_are_known() -> None:
    pictures = np.eye(4, dtype=np.float32)
    assert zero_shot_percent(pictures, pictures[:2], [0, 1, 1, 0]) == 75
    twins = np.repeat(pictures[:2], 2, axis=0)
    assert precision_at(1, twins, ["a", "a", "b", "b"]) == 1
    assert precision_at(1, twins, ["a", "b", "a", "b"]) == 0
    captions = np.array([[1, 0.5, 0, 0], [1, 0.5, 0, 0]], np.float32)
    assert recall_percents(captions, pictures, [0, 1], [1, 2]) == [50, 100]
    assert found_first_percent(pictures[[0, 2, 2, 3]], pictures) == 75
