"""The quiet offer of a better model."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox

from photofind.core.types import EncoderSpec, InstalledEncoder
from photofind.gui.model_offer import DownloadPace, ModelOffer

SPEC = EncoderSpec("b32", "ViT-B/32", "", "MIT", 610_000_000, 512, "English", "fast")


@pytest.fixture
def offer(qtbot):
    made = ModelOffer()
    qtbot.addWidget(made)
    made.offer(SPEC)
    return made


def test_it_names_the_model_and_its_size(offer):
    assert offer._text.text() == (
        "photofind is using its small built-in model. ViT-B/32 (610 MB) finds much more."
    )


def test_nothing_is_fetched_before_a_yes(offer, qtbot):
    with qtbot.assertNotEmitted(offer.download_requested):
        offer._go.click()
    box = offer.findChild(QMessageBox)
    assert "610 MB" in box.text()
    assert "MIT" in box.informativeText()
    with qtbot.waitSignal(offer.download_requested) as signal:
        next(b for b in box.buttons() if b.text() == "Download").click()
    assert signal.args == ["b32"]
    assert offer._cancel.isVisible()


def test_a_no_fetches_nothing(offer, qtbot):
    offer._go.click()
    with qtbot.assertNotEmitted(offer.download_requested):
        offer.findChild(QMessageBox).reject()


def test_a_running_download_can_be_cancelled(offer, qtbot):
    offer.set_progress("b32", 61_000_000, 610_000_000)
    assert offer._text.text() == "Downloading ViT-B/32: 61 MB of 610 MB"
    assert offer._bar.value() / offer._bar.maximum() == pytest.approx(0.1)
    with qtbot.waitSignal(offer.download_cancelled):
        offer._cancel.click()
    assert offer._go.isVisible()


def test_sizes_beyond_32_bits_are_shown_right(offer):
    offer.set_progress("b32", 3_000_000_000, 6_000_000_000)
    assert offer._bar.value() / offer._bar.maximum() == pytest.approx(0.5)


def test_a_failure_is_told_and_can_be_tried_again(offer):
    offer.set_failed("b32", "No connection.")
    assert offer._text.text() == "No connection."
    assert offer._go.text() == "Try again"


def test_an_installed_model_is_offered_for_use(offer, qtbot):
    offer.set_installed(InstalledEncoder(SPEC, Path("x"), "k"))
    with qtbot.waitSignal(offer.use_requested) as signal:
        offer._go.click()
    assert signal.args == ["b32"]
    assert not offer.isVisible()


def test_other_models_are_no_business_of_the_line(offer):
    before = offer._text.text()
    offer.set_progress("other", 1, 2)
    offer.set_failed("other", "No connection.")
    assert offer._text.text() == before


def test_not_now_puts_it_away(offer, qtbot):
    with qtbot.waitSignal(offer.dismissed):
        offer._away.click()
    assert not offer.isVisible()


def test_pace_tells_rate_and_time_left():
    pace = DownloadPace()
    pace.describe(0, 610_000_000, now=100.0)
    assert pace.describe(61_000_000, 610_000_000, now=110.0) == (
        "61 MB of 610 MB · 6.1 MB/s · about 2 min left"
    )
