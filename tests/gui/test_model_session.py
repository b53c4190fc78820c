import pytest
from PySide6.QtWidgets import QMessageBox

from photofind.core.settings import Settings
from photofind.encoders.registry import ModelRegistry
from photofind.gui.model_session import ModelSession
from photofind.gui.models_page import ModelsPage
from photofind.workers.model_thread import ModelThread
from tests.gui.window_samples import ROOT, make_bench, make_encoder, make_spec


@pytest.fixture
def session(qtbot, library_home):
    bench = make_bench(qtbot, library_home)
    models = ModelThread(ModelRegistry(library_home.models))
    session = ModelSession(bench.window, models, Settings())
    session.bench, session.models = bench, models
    session.offer = bench.window.parts.offer
    session.show_encoder(make_encoder("builtin"))
    models.listed.emit(
        [make_spec("builtin"), make_spec("large", recommended=True)], [make_encoder("builtin")]
    )
    return session


def test_a_larger_model_is_offered_once_there_are_photos(session):
    assert not session.offer.isVisible()
    session.on_roots_changed([ROOT])
    assert session.offer.isVisible()
    assert "600 MB" in session.offer._text.text()


def test_an_offer_put_away_stays_away(qtbot, session):
    session.on_roots_changed([ROOT])
    with qtbot.waitSignal(session.offer_dismissed):
        session.offer._away.click()
    session.models.listed.emit([make_spec("large", recommended=True)], [])
    assert not session.offer.isVisible()


def test_a_download_is_confirmed_followed_and_used(qtbot, session):
    session.on_roots_changed([ROOT])
    session.offer._go.click()
    session.bench.window.findChild(QMessageBox).accept()
    session.models.progressed.emit("large", 300_000_000, 600_000_000)
    assert "300 MB of 600 MB" in session.offer._text.text()
    session.models.installed.emit(make_encoder("large"))
    with qtbot.waitSignal(session.encoder_chosen) as chosen:
        session.offer._go.click()
    assert chosen.args == [make_encoder("large")]


def test_a_model_chosen_on_the_page_is_marked_at_once(qtbot, session):
    page = ModelsPage()
    qtbot.addWidget(page)
    session.add_page(page)
    session.models.installed.emit(make_encoder("large"))
    page.use_requested.emit("large")
    assert page._current == "large"


def test_the_status_bar_names_the_model(session):
    session.show_encoder(make_encoder("large"))
    assert session.bench.window.parts.status._model.text() == "Large"
    assert not session.offer.isVisible()
