"""Duplicates: what is found, what is not, how it is grouped, and which copy is kept."""

import io
from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from photofind.core.duplicate_likeness import Likeness
from photofind.core.duplicate_pairs import near_vectors
from photofind.core.duplicates import (
    NOTHING,
    DuplicateFinder,
    freed_bytes,
)
from photofind.core.keeper import keep_reason, quality
from photofind.core.near_hashes import near_hashes
from photofind.core.phash import perceptual_hash
from photofind.core.types import DuplicateKind, RootState
from tests.core.libraries import DIMENSION, KEY, Library, Shot, picture_vector, unit
from tests.samples import SAMPLE_SOURCES, sample_picture

IDENTICAL, SAME, SIMILAR = DuplicateKind


@pytest.fixture
def library(tmp_path):
    """Thirty photos that have nothing to do with one another."""
    library = Library(tmp_path)
    library.add(*(Shot(f"other/{i}.jpg", stranger(i)) for i in range(30)))
    yield library
    library.catalog.close()


def stranger(seed):
    row = np.random.default_rng(10_000 + seed).standard_normal(DIMENSION)
    row[0] += 8  # strangers stand at a cosine of about 0.5
    return unit(row)


def near(row, cosine, seed=0):
    """A unit row at that cosine to `row`."""
    other = np.random.default_rng(seed).standard_normal(len(row))
    other = unit(other - (other @ row) * row)
    return unit(cosine * row + np.sqrt(1 - cosine**2) * other)


def find(library, similarity=0.92):
    finder = DuplicateFinder(library.catalog, KEY)
    return finder.group(finder.collect(), similarity)


def members(group):
    return [member.photo.photo_id for member in group.members]


# -- kinds


def test_strangers_are_no_duplicates(library):
    assert find(library) == []


def test_same_bytes_are_identical(library):
    ids = library.add(
        Shot("a.jpg", stranger(50), content=b"x", mtime_ns=2 * 10**18),
        Shot("copy of a.jpg", stranger(50), content=b"x", mtime_ns=10**18),
        Shot("b/a.jpg", stranger(50), content=b"x", mtime_ns=3 * 10**18),
    )
    (group,) = find(library)
    assert group.kind is IDENTICAL
    assert group.keep == ids[1] == group.members[0].photo.photo_id
    assert group.keep_reason == "oldest file"
    assert {m.similarity for m in group.members} == {1.0}
    assert set(members(group)) == set(ids)


def test_identical_files_need_neither_hash_nor_vector(library):
    library.add(Shot("a.jpg", content=b"x"), Shot("b.jpg", content=b"x"))
    assert [group.kind for group in find(library)] == [IDENTICAL]


def test_near_hash_confirmed_by_vector_is_the_same_photo(library):
    large, small = library.add(
        Shot("a.jpg", stranger(50), phash=0b1111, width=4000, height=3000),
        Shot("small.jpg", near(stranger(50), 0.97), phash=0b1111 ^ 0xFF00),
    )
    (group,) = find(library)
    assert group.kind is SAME
    assert members(group) == [large, small]
    assert group.keep_reason == "largest: 4000 × 3000"
    assert group.members[1].similarity == pytest.approx(0.97, abs=0.02)


def test_near_hash_of_another_picture_is_refused_by_its_vector(library):
    library.add(Shot("a.jpg", stranger(50), phash=1), Shot("b.jpg", stranger(51), phash=1))
    assert find(library) == []


@pytest.mark.parametrize(("bits", "groups"), [(4, 1), (5, 0)])
def test_without_vectors_hashes_must_be_nearer(library, bits, groups):
    library.add(Shot("a.jpg", phash=0), Shot("b.jpg", phash=(1 << bits) - 1))
    assert len(find(library)) == groups


def test_nine_bits_are_too_far(library):
    library.add(
        Shot("a.jpg", stranger(50), phash=0), Shot("b.jpg", near(stranger(50), 0.9), phash=0x1FF)
    )
    assert SAME not in {group.kind for group in find(library, 0.8)}


def test_plain_pictures_do_not_group(library):
    library.add(*(Shot(f"blank{i}.jpg") for i in range(5)))
    assert find(library) == []


def test_slider_regroups_without_a_new_scan(library):
    library.add(Shot("a.jpg", stranger(50)), Shot("b.jpg", near(stranger(50), 0.9)))
    finder = DuplicateFinder(library.catalog, KEY)
    candidates = finder.collect()
    kinds = {s: [g.kind for g in finder.group(candidates, s)] for s in (0.82, 0.95)}
    assert kinds == {0.82: [SIMILAR], 0.95: []}


# -- groups


def test_chain_is_not_one_group(library):
    middle = stranger(50)
    side = near(middle, 0.95, 1)
    other = unit(2 * 0.95 * middle - side)  # the mirror image of `side`
    assert side @ other < 0.85
    library.add(Shot("a.jpg", side, width=900), Shot("b.jpg", middle), Shot("c.jpg", other))
    (group,) = find(library)
    keeper = group.members[0].photo
    assert keeper.metadata.width == 900
    assert len(group.members) == 2


def test_every_member_matches_the_keeper_and_is_removable_in_one_group_only(library):
    random = np.random.default_rng(1)
    for cluster in range(20):
        centre = stranger(100 + cluster)
        for i in range(8):
            row = near(centre, random.uniform(0.9, 0.99), cluster * 10 + i)
            library.add(Shot(f"c{cluster}/{i}.jpg", row, size=int(random.integers(1000, 9000))))
    finder = DuplicateFinder(library.catalog, KEY)
    groups = finder.group(finder.collect(), 0.85)
    removable = [i for group in groups for i in members(group)[1:]]
    assert len(removable) == len(set(removable)) > 100
    for group in groups:
        assert len(group.members) > 1
        _, rows = library.catalog.vectors(KEY, members(group))
        assert (rows @ rows[0]).min() > 0.8


def test_groups_that_free_most_come_first(library):
    for number, size in enumerate((500, 9000, 3000)):
        for copy in range(2):
            library.add(Shot(f"{number}-{copy}.jpg", content=bytes([number + 1]), size=size))
    assert [freed_bytes(group) for group in find(library)] == [9000, 3000, 500]


def test_copies_and_a_smaller_version_show_as_both_kinds(library):
    first, copy, small = library.add(
        Shot("a.jpg", stranger(50), content=b"x", phash=1, width=4000),
        Shot("b/a copy.jpg", stranger(50), content=b"x", phash=1, width=4000),
        Shot("small.jpg", near(stranger(50), 0.98), phash=1),
    )
    found = {group.kind: members(group) for group in find(library)}
    assert found == {IDENTICAL: [first, copy], SAME: [first, small]}


def test_raw_and_jpeg_of_one_shot_are_one_item(library):
    raw, jpeg, elsewhere = library.add(
        Shot("trip/IMG_1.CR2", stranger(50), phash=1, format="RAW", width=6000),
        Shot("trip/img_1.jpg", near(stranger(50), 0.99), phash=1, width=6000),
        Shot("sent/IMG_1.jpg", near(stranger(50), 0.98), phash=1, width=1000),
    )
    groups = find(library)
    assert [members(group) for group in groups] == [[raw, elsewhere]]
    library.catalog.remove([elsewhere])
    assert find(library) == []
    assert library.catalog.photo(jpeg) is not None


def test_hard_links_are_no_duplicates(library):
    library.add(
        Shot("a.jpg", stranger(50), content=b"x", inode=77),
        Shot("b.jpg", stranger(50), content=b"x", inode=77),
    )
    assert find(library) == []
    (third,) = library.add(Shot("c.jpg", stranger(50), content=b"x", inode=78))
    (group,) = find(library)
    assert len(group.members) == 2
    assert third in members(group)


def test_links_between_folders_are_no_duplicates(library, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = library.catalog.add_root(elsewhere)
    real = library.root_folder / "real.jpg"
    real.write_bytes(b"x")
    (elsewhere / "link.jpg").symlink_to(real)
    (elsewhere / "another.jpg").write_bytes(b"x")  # of another volume, with the same inode there
    library.add(Shot("real.jpg", stranger(50), content=b"x", inode=77))
    (link,) = library.add(Shot("link.jpg", stranger(50), content=b"x", inode=77))
    at = library.catalog.photos([link])[0].stamp
    library.catalog.move(link, other.root_id, "link.jpg", b"link.jpg", at)
    assert find(library) == []
    library.catalog.move(link, other.root_id, "another.jpg", b"another.jpg", at)
    assert [group.kind for group in find(library)] == [IDENTICAL]


def test_decision_is_remembered_by_content(library):
    library.add(
        Shot("a.jpg", stranger(50), content=b"x", phash=1),
        Shot("b.jpg", near(stranger(50), 0.97), content=b"y", phash=1),
    )
    finder = DuplicateFinder(library.catalog, KEY)
    candidates = finder.collect()
    assert len(finder.group(candidates)) == 1
    library.catalog.add_not_duplicates([(b"y".ljust(16, b"\0"), b"x".ljust(16, b"\0"))])
    assert finder.group(candidates) == find(library) == []
    library.add(Shot("again.jpg", stranger(50), content=b"x", phash=1))
    assert [group.kind for group in find(library)] == [IDENTICAL]


def test_what_was_removed_meanwhile_does_not_come_back(library):
    _, b, c, d = library.add(
        Shot("a.jpg", content=b"x"),
        Shot("b.jpg", content=b"x"),
        Shot("c.jpg", content=b"y"),
        Shot("d.jpg", content=b"y"),
    )
    finder = DuplicateFinder(library.catalog, KEY)
    candidates = finder.collect()
    library.catalog.remove([b])
    assert [set(members(group)) for group in finder.group(candidates)] == [{c, d}]


def test_empty_library_has_no_groups(tmp_path):
    library = Library(tmp_path)
    assert find(library) == []
    library.catalog.close()


def test_cancelled_scan_gives_nothing(library):
    library.add(Shot("a.jpg", content=b"x"), Shot("b.jpg", content=b"x"))
    finder = DuplicateFinder(library.catalog, KEY)
    assert finder.collect(cancelled=lambda: True) is NOTHING
    assert finder.group(NOTHING) == []


def test_progress_says_what_and_how_far(library):
    seen = []
    DuplicateFinder(library.catalog, KEY).collect(lambda *step: seen.append(step))
    assert {what for what, _, _ in seen} == {"Comparing pictures", "Looking for similar shots"}
    assert all(0 <= done <= total for _, done, total in seen)
    assert seen[-1][1] == seen[-1][2]


# -- the keeper and the last copy


@pytest.mark.parametrize(
    ("better", "worse", "reason"),
    [
        ({"width": 4000, "height": 3000}, {}, "largest: 4000 × 3000"),
        ({"format": "RAW"}, {"size": 9000}, "original format: RAW"),
        ({}, {"format": "WEBP", "size": 9000}, "original format: JPEG"),
        ({"taken_at": datetime(2020, 1, 1)}, {"size": 9000}, "has the camera's data"),
        ({"camera": "NIKON"}, {"size": 9000}, "has the camera's data"),
        ({"size": 4_200_000}, {}, "largest file: 4.2 MB"),
        ({"size": 17_040}, {"size": 9000}, "largest file: 17.0 kB"),
        ({"mtime_ns": 10**17}, {}, "oldest file"),
        (
            {"relpath": "a long folder/IMG_1.jpg"},
            {"relpath": "IMG_1 (1).jpg"},
            "not named as a copy",
        ),
        ({"relpath": "a.jpg"}, {"relpath": "b/a.jpg"}, "shortest path"),
        ({"relpath": "a.jpg"}, {"relpath": "b.jpg"}, "first by name"),
    ],
)
def test_keeper_and_its_reason(library, better, worse, reason):
    shots = [
        Shot(**{"relpath": f"{name}.jpg"} | more) for name, more in (("a", better), ("b", worse))
    ]
    keeper, other = library.catalog.photos(library.add(*shots))
    assert quality(keeper) < quality(other)
    assert keep_reason(keeper, other) == reason


def test_unconnected_photos_are_never_what_alone_could_be_removed(library, tmp_path):
    drive = tmp_path / "drive"
    drive.mkdir()
    library.add(Shot("a.jpg", content=b"x"))
    library.root = library.catalog.add_root(drive)
    library.add(Shot("a.jpg", content=b"x", width=9000))
    assert len(find(library)) == 1
    library.catalog.set_root_state(library.root.root_id, RootState.OFFLINE)
    assert find(library) == []


# -- pairs


def test_all_near_hashes_are_found():
    random = np.random.default_rng(0)
    hashes = random.integers(0, 2**64, 3000, dtype=np.uint64)
    for i in range(1000):
        bits = random.choice(64, random.integers(0, 11), replace=False)
        hashes[2000 + i] = hashes[i] ^ np.uint64(sum(1 << int(bit) for bit in bits))
    differing = np.bitwise_count(hashes[:, None] ^ hashes[None])
    expected = set(zip(*np.nonzero(np.triu(differing <= 8, 1)), strict=True))
    pairs = near_hashes(hashes)
    assert set(zip(pairs.left, pairs.right, strict=True)) == expected
    assert len(pairs) == len(expected)
    np.testing.assert_array_equal(pairs.value, differing[pairs.left, pairs.right])


def pairs_of(hashes, most=8):
    """By comparing all with all."""
    differing = np.bitwise_count(hashes[:, None] ^ hashes[None])
    near = np.nonzero(np.triu(differing <= most, 1))
    return set(zip(*(side.tolist() for side in near), strict=True))


def found_by(pairs):
    return set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


@pytest.mark.parametrize(
    ("plan", "seed"), [*(("_SMALL", seed) for seed in range(12)), ("_LARGE", 12), ("_LARGE", 13)]
)
def test_near_hashes_are_those_that_comparing_all_finds(monkeypatch, plan, seed):
    monkeypatch.setattr("photofind.core.near_hashes._LARGE_FROM", 0 if plan == "_LARGE" else 10**9)
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2**64, 60, dtype=np.uint64)
    copies = hashes[random.integers(0, 60, 240)]
    for _ in range(int(random.integers(1, 14))):  # some bits may be flipped back again
        copies ^= np.uint64(1) << random.integers(0, 64, 240, dtype=np.uint64)
    hashes = random.permutation(np.concatenate([hashes, copies, hashes[:9], hashes[:9]]))
    most = int(random.integers(0, 9))
    pairs = near_hashes(hashes, most)
    assert found_by(pairs) == pairs_of(hashes, most)
    assert len(pairs) == len(pairs_of(hashes, most))
    for left, right, bits in zip(pairs.left, pairs.right, pairs.value, strict=True):
        assert (hashes[left] ^ hashes[right]).bit_count() == bits


@pytest.mark.parametrize("chunk", [7, 100])
def test_crowded_bands_are_compared_in_small_portions(monkeypatch, chunk):
    monkeypatch.setattr("photofind.core.near_hashes._CHUNK", chunk)
    random = np.random.default_rng(1)
    hashes = random.integers(0, 2**12, 300, dtype=np.uint64)  # 52 bits are the same in all
    assert found_by(near_hashes(hashes)) == pairs_of(hashes)
    few = np.unique(hashes)
    assert found_by(near_hashes(few)) == pairs_of(few)


def test_thousands_of_equal_hashes_do_not_become_millions_of_pairs():
    hashes = np.concatenate(
        [np.full(20_000, 77, np.uint64), np.full(20_000, 79, np.uint64), [np.uint64(2**64 - 1)]]
    )
    pairs = near_hashes(hashes)
    assert len(pairs) < 10 * len(hashes)
    found = found_by(pairs)
    assert {right for left, right in found if left == 0} >= set(range(1, 20_000))
    assert any(left < 20_000 <= right for left, right in found)
    assert 40_000 not in {right for _, right in found}


def test_near_vectors_of_many_rows_are_hardly_ever_missed(monkeypatch):
    monkeypatch.setattr("photofind.core.duplicate_pairs.EXACT_ROWS", 1000)
    random = np.random.default_rng(0)
    scenes = random.standard_normal((200, 64))
    rows = scenes[np.arange(6000) % 200] + 0.45 * random.standard_normal((6000, 64))
    half = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    whole = half.astype(np.float32)
    expected = np.count_nonzero(np.triu(whole @ whole.T >= 0.8, 1))
    pairs, floor = near_vectors(half, 0.8)
    assert floor == 0.8
    assert len(found_by(pairs)) == len(pairs) <= expected
    assert len(pairs) > 0.95 * expected
    assert (pairs.left < pairs.right).all()
    cosines = np.einsum("ij,ij->i", whole[pairs.left], whole[pairs.right])
    np.testing.assert_allclose(pairs.value, cosines, atol=1e-5)


def test_all_near_vectors_are_found_across_blocks(monkeypatch):
    monkeypatch.setattr("photofind.core.duplicate_pairs._BLOCK", 64)
    rows = np.stack([picture_vector(["dog", "car"][i % 2 :][:1], i) for i in range(300)])
    pairs, floor = near_vectors(rows.astype(np.float16), 0.8)
    half = rows.astype(np.float16).astype(np.float32)
    expected = set(zip(*np.nonzero(np.triu(half @ half.T >= 0.8, 1)), strict=True))
    found = set(zip(pairs.left, pairs.right, strict=True))
    assert len(found ^ expected) < 0.001 * len(expected)
    assert floor == 0.8


def test_too_many_pairs_raise_the_floor_and_keep_the_nearest():
    rows = np.stack([picture_vector(["dog"], i) for i in range(200)]).astype(np.float16)
    everything, _ = near_vectors(rows, 0.5)
    pairs, floor = near_vectors(rows, 0.5, most=1000)
    assert 900 <= len(pairs) <= 1000
    assert pairs.value.min() >= floor
    assert np.count_nonzero(everything.value >= floor) == len(pairs)


def test_similarity_means_the_same_for_an_encoder_that_spreads_photos_more_or_less():
    random = np.random.default_rng(0)
    widest, wide, narrow = (
        random.standard_normal((500, 256)) + np.eye(256)[0] * together for together in (7, 14, 40)
    )
    slopes = []
    for rows in (widest, wide, narrow):
        unit_rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
        likeness = Likeness.of(unit_rows)
        slopes.append(likeness.slope)
        cosines = (unit_rows[:100] @ unit_rows[100:200].T).astype(np.float32)
        assert np.quantile(likeness.similarity(cosines), 0.999) < 0.78
        assert likeness.similarity(np.float32(likeness.cosine(0.9))) == pytest.approx(0.9)
    assert slopes[0] < 0.7 < 0.8 < slopes[1] < slopes[2] / 3


# -- real pictures


def simple_vector(image):
    """A picture by its coarse colours, a stand-in for a model that works at once."""
    small = np.asarray(image.convert("RGB").resize((8, 8), Image.Resampling.BOX), np.float32)
    return unit(small.ravel() - 128 + 40)


def variants(image):
    smaller = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=40)
    trimmed = image.crop((4, 4, image.width - 4, image.height - 4))
    return {"half": smaller, "jpeg": Image.open(buffer), "trimmed": trimmed}


@pytest.fixture(scope="module")
def real_shots():
    """Each sample photo with a smaller, a re-encoded and a slightly cropped version."""
    shots = []
    for subject in SAMPLE_SOURCES:
        original = sample_picture(subject)
        for name, image in {"original": original, **variants(original)}.items():
            shots.append(
                (
                    f"{subject}-{name}.jpg",
                    image.convert("RGB"),
                    perceptual_hash(image),
                )
            )
    return shots


def group_real(tmp_path, real_shots, vectors):
    library = Library(tmp_path)
    for (name, image, phash), vector in zip(real_shots, vectors, strict=True):
        library.add(Shot(name, vector, phash=phash, width=image.width, height=image.height))
    groups = find(library)
    library.catalog.close()
    return groups


def assert_versions_found(groups):
    found = {}
    for group in (group for group in groups if group.kind is SAME):
        subjects = {m.photo.name.partition("-")[0] for m in group.members}
        assert len(subjects) == 1, [m.photo.name for m in group.members]
        assert group.members[0].photo.name.partition("-")[2] in ("original.jpg", "jpeg.jpg")
        found.setdefault(subjects.pop(), []).append(group)
    assert set(found) == set(SAMPLE_SOURCES)
    whole = [s for s, parts in found.items() if max(len(part.members) for part in parts) == 4]
    assert len(whole) >= len(SAMPLE_SOURCES) - 2


def test_versions_of_real_photos_are_found_and_strangers_kept_apart(tmp_path, real_shots):
    vectors = [simple_vector(image) for _, image, _ in real_shots]
    assert_versions_found(group_real(tmp_path, real_shots, vectors))


def test_versions_of_real_photos_are_found_with_the_built_in_model(tmp_path, real_shots):
    from photofind.encoders.loading import load_encoder
    from photofind.encoders.registry import ModelRegistry

    encoder = load_encoder(
        ModelRegistry(tmp_path / "models").get("builtin"), device="cpu", on_notice=print
    )
    vectors = encoder.encode_images([image for _, image, _ in real_shots])
    assert_versions_found(group_real(tmp_path, real_shots, vectors))


def test_slider_over_thousands_of_pairs_answers_from_arrays(library, monkeypatch):
    library.add(*(Shot(f"s{i}.jpg", near(stranger(50 + i // 100), 0.93, i)) for i in range(1500)))
    finder = DuplicateFinder(library.catalog, KEY)
    candidates = finder.collect()
    assert len(candidates.similar) > 50_000
    monkeypatch.setattr(library.catalog, "photos", None)
    monkeypatch.setattr(library.catalog, "iter_vectors", None)
    sizes = [
        sum(len(group.members) for group in finder.group(candidates, threshold))
        for threshold in (0.80, 0.86, 0.92)
    ]
    assert sizes[0] > 1000
    assert all(a >= b for a, b in pairwise(sizes))
