"""The benchmarks' command line; the benchmarks themselves run by hand."""

from pathlib import Path

import pytest

from tests.benchmarks.__main__ import BENCHMARKS, make_parser


@pytest.mark.parametrize("name", [*BENCHMARKS, "all"])
def test_every_benchmark_takes_photos_and_json(name: str) -> None:
    options = make_parser().parse_args([name, "--photos", "somewhere", "--json"])
    assert (options.name, options.photos, options.json) == (name, Path("somewhere"), True)


def test_photos_have_a_default() -> None:
    assert make_parser().parse_args(["quality"]).photos.name
