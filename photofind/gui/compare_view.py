"""Two photos compared: side by side, swapped in place, or as their difference.

Zoom and position are shared and relative to each picture, so that pictures of different sizes stay
together. Images arrive through `set_image`; nothing is loaded here.
"""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from photofind.core.types import Photo, PhotoId
from photofind.gui import theme
from photofind.gui.compare_canvas import CompareCanvas, CompareMode
from photofind.gui.text_widgets import ElidedLabel, QuietLabel
from photofind.gui.wording import photo_facts

_MODES = {
    CompareMode.SIDE_BY_SIDE: ("Side by side (S)", Qt.Key.Key_S),
    CompareMode.FLICKER: ("Flicker (F)", Qt.Key.Key_F),
    CompareMode.DIFFERENCE: ("Difference (D)", Qt.Key.Key_D),
}
_HINT = (
    "F again swaps the two · + and − zoom, 0 fits, 1 shows pixels, drag moves · "
    "← → next photo · Space to the trash or not · K keep this one · Esc back"
)


class CompareView(QWidget):
    """The kept photo on the left, the one in question on the right."""

    images_wanted = Signal(list)
    """Photo ids, best in full size; answer through `set_image`."""
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Compare two photos")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._photos: tuple[Photo, Photo] | None = None
        self.canvas = CompareCanvas(self)
        self._captions = (_Caption(), _Caption())
        self._buttons = QButtonGroup(self)
        tools = QHBoxLayout()
        tools.setSpacing(theme.GAP_2)
        for mode, (words, _) in _MODES.items():
            button = QPushButton(words)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked, mode=mode: self.set_mode(mode))
            self._buttons.addButton(button, list(CompareMode).index(mode))
            tools.addWidget(button)
        self._zoom = QLabel()
        back = QPushButton("Back (Esc)")
        back.clicked.connect(self.closed)
        tools.addStretch(1)
        tools.addWidget(self._zoom)
        tools.addWidget(back)
        self.canvas.zoom_changed.connect(self._on_zoom_changed)
        captions = QHBoxLayout()
        captions.setSpacing(theme.GAP_4)
        for caption in self._captions:
            captions.addWidget(caption, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_3, theme.GAP_3, theme.GAP_3, theme.GAP_3)
        layout.setSpacing(theme.GAP_2)
        layout.addLayout(tools)
        layout.addWidget(self.canvas, 1)
        layout.addLayout(captions)
        layout.addWidget(QuietLabel(_HINT))
        self.set_mode(CompareMode.SIDE_BY_SIDE)

    def show_pair(self, left: Photo, right: Photo, notes: tuple[str, str] = ("", "")) -> None:
        """Compare two photos; zoom and position stay. Notes stand in bold before the names."""
        before = [photo.photo_id for photo in self._photos or ()]
        self._photos = (left, right)
        for caption, photo, note in zip(self._captions, self._photos, notes, strict=True):
            caption.show_photo(photo, note)
        changed: list[PhotoId] = []
        for side, photo in enumerate(self._photos):
            if before[side : side + 1] != [photo.photo_id]:
                meta = photo.metadata
                self.canvas.expect(side, meta.width, meta.height, photo.average_color)
                changed.append(photo.photo_id)
        if changed:
            self.images_wanted.emit(changed)

    @Slot(int, QImage)
    def set_image(self, photo_id: PhotoId, image: QImage) -> None:
        """An image has arrived; one of neither photo is late and left out."""
        for side, photo in enumerate(self._photos or ()):
            if photo.photo_id == photo_id and not image.isNull():
                self.canvas.set_image(side, image)

    def set_mode(self, mode: CompareMode) -> None:
        """Choose how to compare. Flicker again swaps the picture that is in front."""
        if mode is CompareMode.FLICKER and self.canvas.mode is mode:
            self.canvas.flip()
        self.canvas.set_mode(mode)
        self._buttons.button(list(CompareMode).index(mode)).setChecked(True)
        for side, caption in enumerate(self._captions):
            behind = mode is CompareMode.FLICKER and side != self.canvas.front
            caption.setEnabled(not behind)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        modes = {key: mode for mode, (_, key) in _MODES.items()}
        key = Qt.Key(event.key())
        if key in modes:
            self.set_mode(modes[key])
        elif key == Qt.Key.Key_Escape:
            self.closed.emit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.canvas.zoom_by(1.25)
        elif key == Qt.Key.Key_Minus:
            self.canvas.zoom_by(0.8)
        elif key == Qt.Key.Key_0:
            self.canvas.fit()
        elif key == Qt.Key.Key_1:
            self.canvas.show_pixels()
        else:
            event.ignore()  # marking and stepping are the window's

    @Slot(float)
    def _on_zoom_changed(self, share: float) -> None:
        self._zoom.setText(f"{round(share * 100)} %")


class _Caption(QWidget):
    """Name, place and facts of one photo."""

    def __init__(self) -> None:
        super().__init__()
        self._name = QLabel()
        font = self._name.font()
        font.setBold(True)
        self._name.setFont(font)
        self._name.setWordWrap(True)
        self._path = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle, quiet=True)
        self._facts = QuietLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self._name, self._path, self._facts):
            layout.addWidget(widget)

    def show_photo(self, photo: Photo, note: str) -> None:
        self._name.setText(note or photo.name)
        self._path.setText(str(photo.path))
        self._facts.setText(photo_facts(photo))
