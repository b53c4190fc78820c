import pytest
import torch
from looks import ABSENT, LOOKS, MAKERS, PRESENT, UNSURE, give_looks, measure_looks
from skimage import data
from torch import Tensor
from torch.nn.functional import interpolate

SIDE = 96


def sample(name: str) -> Tensor:
    """A bundled photo (1, 3, side, side), values 0..1."""
    pixels = torch.from_numpy(getattr(data, name)().copy()).permute(2, 0, 1)[None, :3].float() / 255
    return interpolate(pixels, (SIDE, SIDE), mode="area")


def looks_of(picture: Tensor) -> dict[str, int]:
    return dict(zip(LOOKS, measure_looks(picture)[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("look", "photo"),
    [
        ("dark", "astronaut"),
        ("bright", "astronaut"),
        ("blurred", "rocket"),
        ("warm", "astronaut"),
        ("cool", "rocket"),
    ],
)
def test_a_photo_that_was_given_a_look_has_it_more_plainly(look: str, photo: str) -> None:
    torch.manual_seed(0)
    before = sample(photo)
    after = torch.cat([MAKERS[look](before) for _ in range(20)])
    found = measure_looks(after)[:, LOOKS.index(look)]
    assert (found == PRESENT).float().mean() > 0.5
    assert not (found == ABSENT).any()
    opposite = {"dark": "bright", "bright": "dark", "warm": "cool", "cool": "warm"}.get(look)
    if opposite:
        assert (measure_looks(after)[:, LOOKS.index(opposite)] == ABSENT).all()


@pytest.mark.parametrize("photo", ["astronaut", "chelsea", "coffee", "rocket"])
def test_a_sharp_photo_is_not_blurred(photo: str) -> None:
    assert looks_of(sample(photo))["blurred"] == ABSENT


def test_a_photo_without_colour_is_grey_and_has_no_colours() -> None:
    grey = sample("coffee").mean(1, keepdim=True).expand(-1, 3, -1, -1)
    found = looks_of(grey)
    assert found["grey"] == PRESENT
    assert all(found[colour] == ABSENT for colour in ("red", "brown", "green", "blue", "purple"))


def test_a_photo_in_colour_is_not_grey() -> None:
    assert looks_of(sample("coffee"))["grey"] == ABSENT
    assert looks_of(sample("chelsea"))["brown"] == PRESENT


@pytest.mark.parametrize(
    ("look", "rgb"),
    [
        ("red", (0.8, 0.1, 0.1)),
        ("orange", (1.0, 0.55, 0.1)),
        ("yellow", (0.95, 0.9, 0.1)),
        ("green", (0.2, 0.6, 0.2)),
        ("blue", (0.2, 0.3, 0.8)),
        ("purple", (0.6, 0.2, 0.7)),
        ("brown", (0.4, 0.25, 0.1)),
        ("white", (0.95, 0.95, 0.95)),
        ("black", (0.05, 0.05, 0.05)),
    ],
)
def test_a_plain_picture_has_its_own_colour_and_no_other(
    look: str, rgb: tuple[float, float, float]
) -> None:
    picture = torch.tensor(rgb).view(1, 3, 1, 1).expand(1, 3, SIDE, SIDE)
    colours = {name: found for name, found in looks_of(picture).items() if name in LOOKS[6:]}
    assert colours.pop(look) == PRESENT
    assert set(colours.values()) == {ABSENT}


def test_what_is_half_there_is_unsure() -> None:
    picture = torch.full((1, 3, SIDE, SIDE), 0.5)
    picture[..., : SIDE // 3] = torch.tensor((0.2, 0.6, 0.2)).view(1, 3, 1, 1)
    assert looks_of(picture)["green"] == UNSURE


def test_looks_are_given_to_a_share_of_the_pictures_only() -> None:
    torch.manual_seed(0)
    before = torch.rand(400, 3, 16, 16)
    after = give_looks(before.clone(), 0.04)
    changed = (after != before).flatten(1).any(1).float().mean()
    assert 0.1 < changed < 0.3
    assert after.min() >= 0
    assert after.max() <= 1
