"""The page of models."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton

from photofind.core.types import EncoderSpec, InstalledEncoder
from photofind.gui.model_card import ModelState
from photofind.gui.models_page import ModelsPage


def spec(encoder_id: str, size: int = 10, recommended: bool = False) -> EncoderSpec:
    return EncoderSpec(
        encoder_id, encoder_id, "", "MIT", size, 1, "English", "fast", recommended=recommended
    )


BUILTIN, SMALL, LARGE = spec("builtin", 25), spec("small", 50, True), spec("large", 90)


def installed(one: EncoderSpec) -> InstalledEncoder:
    return InstalledEncoder(one, Path("x"), f"{one.encoder_id}-1")


@pytest.fixture
def page(qtbot):
    made = ModelsPage()
    qtbot.addWidget(made)
    made.set_models([LARGE, SMALL, BUILTIN], [installed(BUILTIN), installed(LARGE)])
    made.set_current("builtin")
    made.show()
    return made


def button(page, encoder_id: str) -> QPushButton:
    return page._cards[encoder_id].findChild(QPushButton)


def test_the_built_in_comes_first_then_the_recommended(page):
    order = [page._list.itemAt(i).widget().spec.encoder_id for i in range(page._list.count())]
    assert order == ["builtin", "small", "large"]


def test_each_model_offers_what_can_be_done_with_it(page):
    texts = [button(page, i).text() for i in ("builtin", "small", "large")]
    assert texts == ["In use", "Download", "Use"]
    assert not button(page, "builtin").isEnabled()


def test_an_installed_model_can_be_used(page, qtbot):
    with qtbot.waitSignal(page.use_requested) as signal:
        button(page, "large").click()
    assert signal.args == ["large"]
    page.set_current("large")
    assert button(page, "builtin").text() == "Use"


def test_a_download_asks_runs_and_ends(page, qtbot):
    button(page, "small").click()
    with qtbot.waitSignal(page.download_requested) as signal:
        next(b for b in page.findChild(QMessageBox).buttons() if b.text() == "Download").click()
    assert signal.args == ["small"]
    page.set_progress("small", 25, 50)
    assert button(page, "small").text() == "Cancel"
    page.set_installed(installed(SMALL))
    assert button(page, "small").text() == "Use"


def test_a_list_that_arrives_during_a_download_leaves_it_running(page):
    page.set_progress("small", 25, 50)
    page.set_models([LARGE, SMALL, BUILTIN], [installed(BUILTIN)])
    assert page._cards["small"].state is ModelState.DOWNLOADING


def test_a_failed_download_says_why_and_can_be_tried_again(page):
    page.set_progress("small", 25, 50)
    page.set_failed("small", "No connection.")
    assert page._cards["small"].note == "No connection."
    assert button(page, "small").text() == "Download"


def test_cancel_is_told(page, qtbot):
    page.set_progress("small", 25, 50)
    with qtbot.waitSignal(page.download_cancelled):
        button(page, "small").click()
    assert button(page, "small").text() == "Download"


def test_an_import_asks_for_the_architecture(page, qtbot):
    row = page._import
    row._on_file_chosen("/m/mine.safetensors")
    row._architecture.setCurrentText("ViT-B-16")
    with qtbot.waitSignal(page.import_requested) as signal:
        row._go.click()
    assert signal.args == [Path("/m/mine.safetensors"), "ViT-B-16", False]


def test_a_pickle_is_imported_only_once_it_is_trusted(page, qtbot):
    row = page._import
    row._on_file_chosen("/m/mine.pt")
    assert not row._go.isEnabled()
    row._trust.setChecked(True)
    with qtbot.waitSignal(page.import_requested) as signal:
        row._go.click()
    assert signal.args[2] is True
    row._on_file_chosen("/m/other.pt")
    assert not row._go.isEnabled()


def test_a_model_folder_needs_no_architecture(page, qtbot):
    with qtbot.waitSignal(page.import_requested) as signal:
        page._import._on_file_chosen("/m/mine/open_clip_config.json")
    assert signal.args == [Path("/m/mine"), "", False]


def test_a_failed_import_is_told_on_the_page(page):
    page.set_failed("/m/mine.pt", "This is not a model of that architecture.")
    assert page._message.text() == "This is not a model of that architecture."
    page.set_installed(installed(spec("local-1")))
    assert page._message.text() == ""
    assert button(page, "local-1").text() == "Use"
