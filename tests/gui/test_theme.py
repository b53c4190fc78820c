import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QPushButton

from photofind.gui import theme


@pytest.fixture
def app(qapp):
    yield qapp
    theme.apply_theme(qapp, "light")


def contrast(one: QColor, other: QColor) -> float:
    """WCAG's contrast ratio."""

    def luminance(color: QColor) -> float:
        parts = [color.redF(), color.greenF(), color.blueF()]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_words_are_readable_on_every_ground(app, name):
    theme.apply_theme(app, name)
    palette, role = QApplication.palette(), QPalette.ColorRole
    for ground in (role.Window, role.Base, role.AlternateBase, role.Button):
        for text in (role.WindowText, role.Text, role.ButtonText):
            assert contrast(palette.color(text), palette.color(ground)) >= 7
        assert contrast(theme.quiet_text(palette), palette.color(ground)) >= 4.5
    assert contrast(palette.color(role.HighlightedText), theme.accent(palette)) >= 4
    assert contrast(theme.accent(palette), palette.color(role.Base)) >= 3


def test_light_and_dark_can_be_changed_at_any_time(app):
    button = QPushButton("x")
    for name, dark in (("dark", True), ("light", False), ("dark", True)):
        theme.apply_theme(app, name)
        assert theme.is_dark(QApplication.palette()) is dark
        assert theme.is_dark(button.palette()) is dark


def test_an_unknown_name_is_the_systems_look(app):
    theme.apply_theme(app, "sepia")
    assert QApplication.palette().color(QPalette.ColorRole.Window).isValid()


def test_there_are_three_sizes_from_the_systems_font(app):
    small, body, title = theme.small_font(), theme.body_font(), theme.title_font()
    assert small.pointSizeF() < body.pointSizeF() < title.pointSizeF()
    assert body == QApplication.font()


def test_blending_goes_from_below_to_above():
    black, white = QColor("black"), QColor("white")
    assert theme.blend(black, white, 0.0) == black
    assert theme.blend(black, white, 1.0) == white
    assert theme.blend(black, white, 0.5).lightness() == pytest.approx(127, abs=1)
