import io
import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from photofind.core.errors import EngineError, ImageError
from photofind.core.manners import FULL_PACE, HELD_PACE, SLOW_PACE
from photofind.core.types import THUMBNAIL_SIDE, InstalledEncoder
from photofind.encoders.registry import ModelRegistry
from photofind.engine.client import EngineClient, EngineConfig
from photofind.engine.decoder import Decoder
from tests import samples
from tests.engine.conftest import MakeEngine
from tests.engine.faults import serve_nothing, serve_without_rest, serve_without_torch

PATIENCE = 90  # seconds; only a failing test waits that long
Pictures = Callable[..., list[Path]]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_analysis_holds_everything_about_a_picture(
    engine: EngineClient, make_pictures: Pictures
) -> None:
    (path,) = make_pictures("one.jpg")
    analysis = engine.analyze(path).result(PATIENCE)
    assert (analysis.metadata.width, analysis.metadata.height) == (90, 60)
    assert len(analysis.hashes.content) == 16
    assert Image.open(io.BytesIO(analysis.thumbnail)).size == (90, 60)
    assert analysis.vector is not None
    assert analysis.vector.shape == (16,)
    np.testing.assert_allclose(np.linalg.norm(analysis.vector), 1, atol=1e-5)
    assert engine.status().device.startswith("cpu")


def test_analysis_without_encoding_has_no_vector(
    engine: EngineClient, make_pictures: Pictures
) -> None:
    (path,) = make_pictures("one.jpg")
    assert engine.analyze(path, encode=False).result(PATIENCE).vector is None


def test_picture_gives_the_same_vector_from_a_file_bytes_and_analysis(
    engine: EngineClient, make_pictures: Pictures
) -> None:
    (path,) = make_pictures("one.jpg")
    vectors = [
        engine.encode_picture(path).result(PATIENCE),
        engine.encode_picture(path.read_bytes()).result(PATIENCE),
        engine.analyze(path).result(PATIENCE).vector,
    ]
    assert min(float(vectors[0] @ v) for v in vectors if v is not None) > 0.999


def test_shipped_model_answers_without_torch(
    make_engine: MakeEngine, make_pictures: Pictures, tmp_path: Path
) -> None:
    """Its import takes seconds, which the first answer in a new library would wait for."""
    encoder = ModelRegistry(tmp_path / "no models").get("builtin")
    engine = make_engine(target=serve_without_torch, encoder=encoder)
    phrase = engine.encode_texts(("a dog",)).result(PATIENCE)
    (picture,) = make_pictures("one.jpg")
    vector = engine.analyze(picture).result(PATIENCE).vector
    assert vector is not None
    assert np.isfinite(phrase).all()
    assert engine.status().device == "cpu (onnx-int8)"


def test_texts_come_back_in_order(engine: EngineClient) -> None:
    both = engine.encode_texts(["a dog", "a red boat"]).result(PATIENCE)
    assert both.shape == (2, 16)
    np.testing.assert_allclose(
        both[1], engine.encode_texts(["a red boat"]).result(PATIENCE)[0], atol=1e-4
    )


def test_rendered_picture_fits_the_side_and_keeps_its_shape(
    engine: EngineClient, make_pictures: Pictures
) -> None:
    (path,) = make_pictures("one.jpg")
    rendered = engine.render(path, 45).result(PATIENCE)
    assert (rendered.width, rendered.height) == (45, 30)
    assert len(rendered.rgb) == 45 * 30 * 3
    assert engine.render(path.read_bytes(), 4 * THUMBNAIL_SIDE).result(PATIENCE).width == 90


def test_bad_pictures_fail_with_a_reason_and_stop_nothing(
    engine: EngineClient, make_pictures: Pictures, tmp_path: Path
) -> None:
    (good,) = make_pictures("good.jpg")
    (tmp_path / "text.jpg").write_text("not a picture", "utf-8")
    for call in (
        engine.analyze(tmp_path / "text.jpg"),
        engine.analyze(tmp_path / "gone.jpg"),
        engine.analyze(tmp_path),
        engine.encode_picture(b""),
        engine.render(b"\xff\xd8\xff\xe0 cut", 100),
    ):
        with pytest.raises(ImageError):
            call.result(PATIENCE)
    assert engine.analyze(good).result(PATIENCE).vector is not None


def test_name_that_is_no_utf8_arrives_whole(engine: EngineClient, make_pictures: Pictures) -> None:
    (good,) = make_pictures("good.jpg")
    odd = good.parent / os.fsdecode(b"odd-\xff\xfe.jpg")
    try:
        shutil.copy(good, odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert engine.analyze(odd).result(PATIENCE).metadata.width == 90


def test_bug_in_a_decoder_fails_one_picture_only(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    bad, good = make_pictures("bug.jpg", "good.jpg")
    client = make_engine()
    with pytest.raises(ImageError, match="ZeroDivisionError"):
        client.analyze(bad, encode=False).result(PATIENCE)
    assert client.analyze(good, encode=False).result(PATIENCE)


def test_file_that_kills_the_process_is_found_among_good_ones(
    make_engine: MakeEngine,
    make_pictures: Pictures,
    capfd: pytest.CaptureFixture[str],
) -> None:
    good = make_pictures(count=20)
    (bad,) = make_pictures("crash.jpg")
    client = make_engine()
    calls = {path: client.analyze(path) for path in [*good[:10], bad, *good[10:]]}
    text = client.encode_texts(["a dog"])
    with pytest.raises(ImageError, match="crashed the decoder"):
        calls.pop(bad).result(PATIENCE)
    assert all(call.result(PATIENCE).vector is not None for call in calls.values())
    assert text.result(PATIENCE).shape == (1, 16)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", ""), "the terminal belongs to the user"


def test_preview_that_kills_the_process_fails_alone(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    bad, good = make_pictures("crash.jpg", "good.jpg")
    client = make_engine()
    broken, fine = client.render(bad, 100), client.render(good, 100)
    with pytest.raises(ImageError, match="crashed the decoder"):
        broken.result(PATIENCE)
    assert fine.result(PATIENCE).width == 90


def test_file_that_hangs_is_given_up_and_the_rest_goes_on(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    good = make_pictures(count=20)
    (bad,) = make_pictures("hang.jpg")
    client = make_engine(decode_timeout=4)
    calls = [client.analyze(path, encode=False) for path in good[:10]]
    stuck = client.analyze(bad, encode=False)
    calls += [client.analyze(path, encode=False) for path in good[10:]]
    with pytest.raises(ImageError, match=r"took longer than 4 s"):
        stuck.result(PATIENCE)
    assert all(call.result(PATIENCE) for call in calls)


def test_query_overtakes_queued_analyses(make_engine: MakeEngine, make_pictures: Pictures) -> None:
    client = make_engine()
    client.warm_up().result(PATIENCE)
    order: list[str] = []
    calls: list[Future[object]] = []
    for path in make_pictures(count=200, prefix="slow"):
        call = client.analyze(path)
        call.add_done_callback(lambda _: order.append("photo"))
        calls.append(call)
    for query in (client.encode_texts(["a dog"]), client.encode_picture(path)):
        query.add_done_callback(lambda _: order.append("query"))
        calls.append(query)
    wait(calls, PATIENCE)
    assert order.count("photo") == 200
    assert max(at for at, what in enumerate(order) if what == "query") < 100


def test_idle_engine_gives_its_memory_back_and_starts_again(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    client = make_engine(idle_seconds=0.3)
    (path,) = make_pictures("one.jpg")
    client.analyze(path, encode=False).result(PATIENCE)
    first = client.status().pid
    assert first is not None
    until(lambda: not client.status().running and is_gone(first))
    assert client.analyze(path, encode=False).result(PATIENCE)
    assert client.status().pid != first


def test_held_engine_stops_in_between_answers_queries_and_goes_on(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    client = make_engine()
    paths = make_pictures(count=90, prefix="slow")
    calls = [client.analyze(path) for path in paths]
    calls[0].result(PATIENCE)
    client.set_pace(HELD_PACE)
    assert client.encode_texts(["a dog"]).result(PATIENCE).shape == (1, 16)
    assert client.render(paths[0], 40).result(PATIENCE).width == 40
    done = sum(call.done() for call in calls)
    assert done < 90
    time.sleep(0.5)
    assert sum(call.done() for call in calls) == done
    client.set_pace(FULL_PACE)
    wait(calls, PATIENCE)
    assert all(call.result(0).vector is not None for call in calls)


def test_held_engine_gives_its_memory_back_and_loses_nothing(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    client = make_engine(idle_seconds=0.5)
    calls = [client.analyze(path) for path in make_pictures(count=40, prefix="slow")]
    calls[0].result(PATIENCE)
    client.set_pace(HELD_PACE)
    until(lambda: not client.status().running)
    assert not all(call.done() for call in calls)
    client.set_pace(FULL_PACE)
    wait(calls, PATIENCE)
    assert all(call.result(0).vector is not None for call in calls)


def test_engine_that_starts_while_held_begins_nothing(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    client = make_engine()
    client.set_pace(HELD_PACE)
    (path,) = make_pictures("one.jpg")
    call = client.analyze(path)
    assert client.encode_texts(["a dog"]).result(PATIENCE).shape == (1, 16)
    assert not call.running()
    client.set_pace(SLOW_PACE)
    assert call.result(PATIENCE).vector is not None


def test_perceptual_hash_is_the_same_for_every_model_and_for_none(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    path = tmp_path / "large.jpg"
    samples.draw_picture(3, (2400, 1800)).save(path, "JPEG")
    client = make_engine()
    with_model = client.analyze(path).result(PATIENCE)
    without = client.analyze(path, encode=False).result(PATIENCE)
    assert with_model.hashes == without.hashes
    decoded = Decoder().analyze(path, model_side=512).analysis
    assert decoded.hashes.phash is not None
    assert with_model.hashes.phash is not None
    assert (decoded.hashes.phash ^ with_model.hashes.phash).bit_count() <= 4


def test_close_ends_running_work_and_leaves_no_process(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    client = make_engine()
    paths = make_pictures(count=150, prefix="slow")
    calls = [client.analyze(path, encode=False) for path in paths]
    calls[0].result(PATIENCE)
    pid = client.status().pid
    assert pid is not None
    client.close()
    client.close()
    assert all(call.done() for call in calls)
    with pytest.raises(EngineError, match="closed"):
        calls[-1].result(0)
    assert is_gone(pid)
    with pytest.raises(EngineError, match="closed"):
        client.analyze(Path("any.jpg")).result(0)


def test_close_does_not_wait_for_a_hung_decoder(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    client = make_engine()
    stuck = client.analyze(*make_pictures("hang.jpg"), encode=False)
    until(lambda: stuck.running() and client.status().running)
    client.close()
    with pytest.raises(EngineError):
        stuck.result(0)


def test_close_before_anything_ran(make_engine: MakeEngine) -> None:
    make_engine().close()


def test_cancelled_work_is_not_done(make_engine: MakeEngine, make_pictures: Pictures) -> None:
    client = make_engine()
    paths = make_pictures(count=150, prefix="slow")
    calls = [client.analyze(path, encode=False) for path in paths]
    assert all(call.cancel() for call in calls[100:])
    for call in calls[:100]:
        assert call.result(PATIENCE)
    with pytest.raises(CancelledError):
        calls[-1].result(0)


def test_model_that_cannot_be_loaded_fails_encoding_only(
    make_engine: MakeEngine, make_pictures: Pictures, model: InstalledEncoder
) -> None:
    (path,) = make_pictures("one.jpg")
    (model.folder / "open_clip_model.safetensors").write_bytes(b"spoiled")
    client = make_engine()
    for call in (client.analyze(path), client.encode_texts(["a"]), client.warm_up()):
        with pytest.raises(EngineError, match="cannot be loaded"):
            call.result(PATIENCE)
    assert client.analyze(path, encode=False).result(PATIENCE).thumbnail


def test_model_that_could_not_be_loaded_is_tried_again(
    make_engine: MakeEngine, model: InstalledEncoder
) -> None:
    weights = model.folder / "open_clip_model.safetensors"
    sound = weights.read_bytes()
    weights.write_bytes(b"spoiled")
    client = make_engine(target=serve_without_rest)
    with pytest.raises(EngineError, match="cannot be loaded"):
        client.warm_up().result(PATIENCE)
    first = client.status().pid
    weights.write_bytes(sound)
    assert client.encode_texts(["a"]).result(PATIENCE).shape[0] == 1
    assert client.status().pid == first


def test_process_that_cannot_be_made_is_told(make_engine: MakeEngine) -> None:
    client = make_engine(target=lambda *_: None)  # cannot be handed to another process
    with pytest.raises(EngineError, match="cannot be started"):
        client.warm_up().result(PATIENCE)


def test_process_that_keeps_dying_is_not_started_for_ever(
    make_engine: MakeEngine, make_pictures: Pictures, model: InstalledEncoder
) -> None:
    notices: list[str] = []
    client = make_engine(notices.append, serve_nothing, device="auto")
    calls = [client.encode_texts(["a"]), client.analyze(*make_pictures("one.jpg"))]
    for call in calls:
        with pytest.raises(EngineError, match="keeps failing"):
            call.result(PATIENCE)
    starts = (model.folder / "starts").read_text().split()
    assert starts == ["auto", "auto", "cpu"]
    assert len(notices) == 1
    with pytest.raises(EngineError, match="keeps failing"):
        client.encode_texts(["b"]).result(0)


def test_missing_device_is_told_and_replaced(make_engine: MakeEngine) -> None:
    notices: list[str] = []
    client = make_engine(notices.append, device="xpu")
    client.warm_up().result(PATIENCE)
    assert client.status().device.startswith("cpu")
    assert any("xpu cannot be used" in notice for notice in notices)


def test_settings_changed_in_between_lose_nothing(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    client = make_engine()
    calls = [client.analyze(path) for path in make_pictures(count=30, prefix="slow")]
    calls[0].result(PATIENCE)
    client.set_config(EngineConfig(device="cpu", threads=1))
    assert all(call.result(PATIENCE).vector is not None for call in calls)


def test_changed_settings_restart_the_process(
    make_engine: MakeEngine, make_pictures: Pictures
) -> None:
    client = make_engine()
    (path,) = make_pictures("one.jpg")
    client.render(path, 20).result(PATIENCE)
    first = client.status().pid
    client.set_config(EngineConfig(device="cpu", threads=1))
    client.render(path, 20).result(PATIENCE)
    assert client.status().pid != first


def test_many_threads_may_ask_at_once(engine: EngineClient, make_pictures: Pictures) -> None:
    paths = make_pictures(count=8)
    found: list[bytes] = []

    def ask() -> None:
        for path in paths:
            found.append(engine.analyze(path, encode=False).result(PATIENCE).hashes.content)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(found) == 32
    assert len(set(found)) == 8
