"""Colours, type sizes and spacing of the window. Draws nothing itself.

Buttons may carry a dynamic property: `primary` (the one action that counts) or `quiet` (no frame
until the pointer or the focus is on it).
"""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QWidget

GAP_1, GAP_2, GAP_3, GAP_4, GAP_6, GAP_8 = 4, 8, 12, 16, 24, 32
"""Spacing in logical pixels; every distance in the window is one of these."""
RADIUS = 6
TILE_GAP = 4

_SMALL, _TITLE = 0.9, 1.45  # relative to the system's font


@dataclass(frozen=True, slots=True)
class _Colors:
    window: str
    base: str
    alternate: str
    button: str
    line: str
    text: str
    quiet: str
    disabled: str
    accent: str


_LIGHT = _Colors(
    window="#f5f5f7",
    base="#ffffff",
    alternate="#f0f0f2",
    button="#fdfdfe",
    line="#d3d3d8",
    text="#1d1d1f",
    quiet="#6a6a70",
    disabled="#acacb2",
    accent="#2468e5",
)
_DARK = _Colors(
    window="#1f1f22",
    base="#161618",
    alternate="#242428",
    button="#2e2e33",
    line="#3d3d43",
    text="#ededf0",
    quiet="#9d9da5",
    disabled="#5e5e66",
    accent="#3b78f0",
)


def apply_theme(app: QApplication, name: str) -> None:
    """Give the whole application the "light", "dark" or "system" look, now and from now on."""
    follower = app.findChild(_SchemeFollower) or _SchemeFollower(app)
    follower.use(name)


def small_font() -> QFont:
    return _scaled(_SMALL)


def body_font() -> QFont:
    return QApplication.font()


def title_font() -> QFont:
    font = _scaled(_TITLE)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def accent(palette: QPalette) -> QColor:
    return palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Highlight)


def quiet_text(palette: QPalette) -> QColor:
    """For second lines: still at a contrast of 4.5 to 1."""
    return palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.PlaceholderText)


def line(palette: QPalette) -> QColor:
    """For hairlines and frames."""
    return palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Mid)


def is_dark(palette: QPalette) -> bool:
    return palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5


def blend(below: QColor, above: QColor, share: float) -> QColor:
    """`above` laid over `below` with an opacity of `share` (0 to 1)."""
    rest = 1.0 - share
    return QColor.fromRgbF(
        below.redF() * rest + above.redF() * share,
        below.greenF() * rest + above.greenF() * share,
        below.blueF() * rest + above.blueF() * share,
    )


def motion_enabled(widget: QWidget | None = None) -> bool:
    """Whether the system wants animations."""
    hint = QStyle.StyleHint.SH_Widget_Animation_Duration
    style = widget.style() if widget else QApplication.style()
    return style.styleHint(hint, None, widget) > 0


def _scaled(factor: float) -> QFont:
    font = QApplication.font()
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * factor)
    else:
        font.setPixelSize(round(font.pixelSize() * factor))
    return font


class _SchemeFollower(QObject):
    """Keeps the palette right when the system goes from day to night."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._name = "system"
        self._busy = False
        app.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)

    def use(self, name: str) -> None:
        self._name = name
        self._apply()

    @Slot()
    def _on_scheme_changed(self) -> None:
        self._apply()

    def _apply(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            colors = _DARK if self._dark() else _LIGHT
            if self._app.style().objectName().lower() != "fusion":
                self._app.setStyle("Fusion")
            self._app.setPalette(_palette(colors))
            self._app.setStyleSheet(_style_sheet(colors))
        finally:
            self._busy = False

    def _dark(self) -> bool:
        hints = self._app.styleHints()
        wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(self._name)
        if hasattr(hints, "setColorScheme"):  # Qt 6.8: native title bars and dialogs follow too
            hints.setColorScheme(wanted or Qt.ColorScheme.Unknown)
        return (wanted or hints.colorScheme()) == Qt.ColorScheme.Dark


def _palette(colors: _Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette(QColor(colors.button), QColor(colors.window))
    for each, color in {
        role.Window: colors.window,
        role.Base: colors.base,
        role.AlternateBase: colors.alternate,
        role.Button: colors.button,
        role.ToolTipBase: colors.button,
        role.Mid: colors.line,
        role.WindowText: colors.text,
        role.Text: colors.text,
        role.ButtonText: colors.text,
        role.ToolTipText: colors.text,
        role.PlaceholderText: colors.quiet,
        role.Highlight: colors.accent,
        role.HighlightedText: "#ffffff",
        role.BrightText: "#ffffff",
        role.Link: colors.accent,
        role.LinkVisited: colors.accent,
        role.Accent: colors.accent,
    }.items():
        palette.setColor(each, QColor(color))
    for each in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, QColor(colors.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colors.line))
    return palette


def _style_sheet(colors: _Colors) -> str:
    """What a palette can't say: round corners, thin scroll bars, a visible focus."""
    hover = blend(QColor(colors.button), QColor(colors.text), 0.06).name()
    pressed = blend(QColor(colors.button), QColor(colors.text), 0.12).name()
    veil = blend(QColor(colors.window), QColor(colors.text), 0.08).name()
    handle = blend(QColor(colors.base), QColor(colors.text), 0.28).name()
    bright = QColor(colors.accent).lighter(108).name()
    knob = "white" if colors is _LIGHT else colors.quiet
    return f"""
QToolTip {{ color: {colors.text}; background: {colors.button}; border: 1px solid {colors.line};
    padding: 4px 8px; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QMenu {{ background: {colors.button}; border: 1px solid {colors.line}; padding: 4px; }}
QMenu::item {{ padding: 4px 24px 4px 12px; border-radius: 4px; margin: 0; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::item:selected {{ background: {colors.accent}; color: white; }}
QMenu::item:disabled {{ color: {colors.disabled}; background: transparent; }}
QMenu::separator {{ height: 1px; background: {colors.line}; margin: 4px 8px; }}
QPushButton {{ background: {colors.button}; border: 1px solid {colors.line};
    border-radius: {RADIUS}px; padding: 4px 12px; min-height: 20px; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed, QPushButton:checked {{ background: {pressed}; }}
QPushButton:focus {{ border: 1px solid {colors.accent}; }}
QPushButton:disabled {{ color: {colors.disabled}; }}
QPushButton[primary="true"], QPushButton:default {{ background: {colors.accent}; color: white;
    border-color: {colors.accent}; }}
QPushButton[primary="true"]:hover, QPushButton:default:hover {{ background: {bright}; }}
QPushButton[primary="true"]:focus {{ border: 2px solid {colors.text}; padding: 3px 11px; }}
QPushButton[primary="true"]:disabled {{ background: {veil}; color: {colors.disabled};
    border-color: {veil}; }}
QPushButton[quiet="true"] {{ background: transparent; border-color: transparent; }}
QPushButton[quiet="true"]:hover {{ background: {veil}; }}
QPushButton[quiet="true"]:focus {{ border-color: {colors.accent}; }}
QToolButton {{ background: transparent; border: 1px solid transparent;
    border-radius: {RADIUS}px; padding: 4px; }}
QToolButton:hover {{ background: {veil}; }}
QToolButton:pressed, QToolButton:checked {{ background: {pressed}; }}
QToolButton:focus {{ border-color: {colors.accent}; }}
QToolButton::menu-indicator {{ image: none; }}
QLineEdit {{ background: {colors.base}; border: 1px solid {colors.line};
    border-radius: {RADIUS}px; padding: 4px 8px; }}
QLineEdit:focus {{ border-color: {colors.accent}; }}
QListWidget[sidebar="true"] {{ padding: 8px; outline: none; background: {colors.base}; }}
QListWidget[sidebar="true"]::item {{ border-radius: {RADIUS}px; padding-left: 4px; }}
QListWidget[sidebar="true"]::item:hover {{ background: {veil}; }}
QListWidget[sidebar="true"]::item:selected {{ background: {colors.accent}; color: white; }}
QScrollBar {{ background: transparent; border: none; }}
QScrollBar:vertical {{ width: 12px; }}
QScrollBar:horizontal {{ height: 12px; }}
QScrollBar::handle {{ background: {handle}; border-radius: 3px; margin: 3px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {colors.quiet}; }}
QScrollBar::handle:disabled {{ background: transparent; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QAbstractItemView QScrollBar {{ background: {colors.base}; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {colors.line}; }}
QSlider::sub-page:horizontal {{ border-radius: 2px; background: {colors.accent}; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 8px;
    border: 1px solid {colors.line}; background: {knob}; }}
QSlider::handle:horizontal:focus {{ border: 1px solid {colors.accent}; background: {bright}; }}
QSplitter::handle {{ background: {colors.line}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QProgressBar {{ background: {veil}; border: none; border-radius: 3px; max-height: 6px; }}
QProgressBar::chunk {{ background: {colors.accent}; border-radius: 3px; }}
QStatusBar {{ background: {colors.window}; border-top: 1px solid {colors.line}; }}
QStatusBar::item {{ border: none; }}
QMainWindow::separator {{ background: {colors.line}; width: 1px; height: 1px; }}
"""
