"""What photofind knows about the selected photo. Asks for its preview, opens nothing itself."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QGuiApplication, QImage, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from photofind.core.types import Hit, Photo
from photofind.gui import theme
from photofind.gui.icons import icon
from photofind.gui.picture_view import PictureView
from photofind.gui.text_widgets import QuietLabel, WrappedText
from photofind.gui.wording import byte_size, count_of, photo_date, pixel_size

_LOWEST, _HIGHEST = 80, 260  # logical pixels of the preview
_WHY = {
    "content": "what it shows",
    "name": "its file name",
    "folder": "its folder",
    "camera": "its camera",
    "date": "its date",
}


class DetailsPanel(QWidget):
    """One photo in full, several as a sum, none as a hint."""

    preview_wanted = Signal(int)
    """A photo id; answer through `set_preview`."""
    show_in_folder_requested = Signal(int)
    text_copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photo: Photo | None = None
        self.setAccessibleName("Details")
        self._message = QuietLabel()
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._page = _PhotoPage(self)
        self._page.copy_clicked.connect(self._on_copy_clicked)
        self._page.folder_clicked.connect(self._on_folder_clicked)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self._page)
        self._stack = QStackedWidget()
        self._stack.addWidget(_centred(self._message))
        self._stack.addWidget(area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.setMinimumWidth(220)
        self.clear()

    @property
    def photo(self) -> Photo | None:
        """The one photo shown, if it is one."""
        return self._photo

    @Slot()
    def clear(self) -> None:
        self._show_message("Select a photo to see its details.")

    def show_photo(self, photo: Photo, hit: Hit | None = None) -> None:
        """Show one photo, and why it was found if it was."""
        same = self._photo is not None and self._photo.photo_id == photo.photo_id
        self._photo = photo
        self._page.show_photo(photo, hit, keep_picture=same)
        self._stack.setCurrentIndex(1)
        if not same:
            self.preview_wanted.emit(photo.photo_id)

    def show_photos(self, photos: Sequence[Photo], hits: Sequence[Hit] = ()) -> None:
        """Show a selection of any size; `hits` may hold more than the photos."""
        if len(photos) == 1:
            why = {hit.photo_id: hit for hit in hits}
            self.show_photo(photos[0], why.get(photos[0].photo_id))
        elif photos:
            self.show_selection(len(photos), sum(photo.stamp.size for photo in photos))
        else:
            self.clear()

    def show_selection(self, count: int, total_bytes: int) -> None:
        """Several are selected: how many, how large."""
        photos = count_of(count, "photo")
        self._show_message(f"{photos} selected\n{byte_size(total_bytes)} in all")

    @Slot(int, QImage)
    def set_preview(self, photo_id: int, image: QImage) -> None:
        """A preview has arrived; one for another photo is late and left out."""
        if self._photo is not None and self._photo.photo_id == photo_id and not image.isNull():
            self._page.picture.set_image(image)

    def _show_message(self, text: str) -> None:
        self._photo = None
        self._message.setText(text)
        self._stack.setCurrentIndex(0)

    @Slot(str)
    def _on_copy_clicked(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.text_copied.emit(text)

    @Slot()
    def _on_folder_clicked(self) -> None:
        if self._photo is not None:
            self.show_in_folder_requested.emit(self._photo.photo_id)


class _PhotoPage(QWidget):
    """The page for one photo."""

    copy_clicked = Signal(str)
    folder_clicked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.picture = PictureView(minimum=QSize(160, _LOWEST))
        self.picture.setAccessibleName("Preview")
        bold = theme.body_font()
        bold.setBold(True)
        self._name = _field("Name", font=bold)
        self._why = QuietLabel()
        self._folder = _field("Folder")
        self._offline = QuietLabel("Its drive is not connected.")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.GAP_3)
        self._grid.setVerticalSpacing(theme.GAP_2)
        self._grid.setColumnStretch(1, 1)
        self._facts = {
            name: self._add_fact(row, name)
            for row, name in enumerate(("Taken", "Camera", "Lens", "Pixels", "File", "Place"))
        }
        self._copy_place = self._add_copy_button("Copy the place", self._facts["Place"][1])
        self._grid.addWidget(self._copy_place, 5, 2, Qt.AlignmentFlag.AlignVCenter)
        self._arrange()

    def show_photo(self, photo: Photo, hit: Hit | None, *, keep_picture: bool) -> None:
        meta = photo.metadata
        if not keep_picture:
            self.picture.expect(meta.width, meta.height, photo.average_color)
            self._fit_picture()
        self._name.set_text(photo.name)
        self._folder.set_text(str(photo.path.parent))
        self._why.setText(_reason(hit))
        self._why.setVisible(bool(self._why.text()))
        self._offline.setVisible(photo.offline)
        taken = meta.taken_at
        dated = photo_date(photo)
        self._set("Taken", dated if taken or not dated else f"{dated} (file date)")
        self._set("Camera", meta.camera)
        self._set("Lens", meta.lens)
        self._set("Pixels", _pixels(meta.width, meta.height))
        self._set("File", f"{byte_size(photo.stamp.size)}, {meta.format}{_frames(meta.frames)}")
        self._set("Place", _place(meta.latitude, meta.longitude))
        self._copy_place.setVisible(bool(self._facts["Place"][1].toPlainText()))

    def _arrange(self) -> None:
        copy = self._add_copy_button("Copy the folder's path", self._folder)
        reveal = QToolButton()
        reveal.setIcon(icon("folder-open"))
        reveal.setToolTip("Show in folder")
        reveal.setAccessibleName("Show in folder")
        reveal.clicked.connect(self.folder_clicked)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._folder, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addSpacing(theme.GAP_2)
        row.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(reveal, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_4, theme.GAP_4, theme.GAP_4, theme.GAP_4)
        layout.setSpacing(theme.GAP_2)
        layout.addWidget(self.picture)
        layout.addSpacing(theme.GAP_1)
        layout.addWidget(self._name)
        layout.addWidget(self._why)
        layout.addWidget(self._offline)
        layout.addSpacing(theme.GAP_1)
        layout.addLayout(row)
        layout.addSpacing(theme.GAP_1)
        layout.addLayout(self._grid)
        layout.addStretch(1)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_picture()

    def _fit_picture(self) -> None:
        room = self.width() - 2 * theme.GAP_4
        height = self.picture.height_for(room)
        self.picture.setFixedHeight(max(_LOWEST, min(_HIGHEST, height)))

    def _add_fact(self, row: int, name: str) -> tuple[QLabel, WrappedText]:
        label = QuietLabel(name)
        label.setWordWrap(False)
        value = _field(name)
        label.setBuddy(value)
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignVCenter)
        span = 1 if name == "Place" else 2
        self._grid.addWidget(value, row, 1, 1, span, Qt.AlignmentFlag.AlignVCenter)
        return label, value

    def _add_copy_button(self, name: str, source: WrappedText) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon("copy"))
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.clicked.connect(lambda: self.copy_clicked.emit(source.toPlainText()))
        return button

    def _set(self, name: str, text: str) -> None:
        for widget in self._facts[name]:
            widget.setVisible(bool(text))
        self._facts[name][1].set_text(text)


def _field(name: str, font: QFont | None = None) -> WrappedText:
    text = WrappedText(font=font)
    text.setAccessibleName(name)
    return text


def _centred(widget: QWidget) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(theme.GAP_4, theme.GAP_4, theme.GAP_4, theme.GAP_4)
    layout.addStretch(1)
    layout.addWidget(widget)
    layout.addStretch(1)
    return page


def _reason(hit: Hit | None) -> str:
    if hit is None or not hit.why:
        return ""
    reasons = [_WHY.get(why, why) for why in hit.why]
    said = " and ".join(filter(None, [", ".join(reasons[:-1]), reasons[-1]]))
    score = f" · score {hit.score:.2f}" if "content" in hit.why else ""
    return f"Found by {said}{score}"


def _pixels(width: int, height: int) -> str:
    megapixels = width * height / 1e6
    size = pixel_size(width, height)
    return f"{size} ({megapixels:.1f} MP)" if megapixels >= 0.1 else size


def _frames(frames: int) -> str:
    return f", {count_of(frames, 'frame')}" if frames > 1 else ""


def _place(latitude: float | None, longitude: float | None) -> str:
    if latitude is None or longitude is None:
        return ""
    return f"{latitude:.5f}, {longitude:.5f}"
