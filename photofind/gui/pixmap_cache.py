"""A bounded store of pictures in the GUI thread: the longest unused go first."""

from collections import OrderedDict

from PySide6.QtGui import QPixmap


class PixmapCache:
    """Pixmaps by photo id, at most `max_bytes` of them."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._pixmaps: OrderedDict[int, QPixmap] = OrderedDict()

    def __contains__(self, photo_id: int) -> bool:
        return photo_id in self._pixmaps

    def __len__(self) -> int:
        return len(self._pixmaps)

    @property
    def bytes(self) -> int:
        return self._bytes

    def get(self, photo_id: int) -> QPixmap | None:
        pixmap = self._pixmaps.get(photo_id)
        if pixmap is not None:
            self._pixmaps.move_to_end(photo_id)
        return pixmap

    def put(self, photo_id: int, pixmap: QPixmap) -> None:
        self.remove(photo_id)
        self._pixmaps[photo_id] = pixmap
        self._bytes += _size(pixmap)
        while self._bytes > self._max_bytes and len(self._pixmaps) > 1:
            _, old = self._pixmaps.popitem(last=False)
            self._bytes -= _size(old)

    def remove(self, photo_id: int) -> None:
        old = self._pixmaps.pop(photo_id, None)
        if old is not None:
            self._bytes -= _size(old)

    def clear(self) -> None:
        self._pixmaps.clear()
        self._bytes = 0


def _size(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * max(1, pixmap.depth() // 8)
