"""Which encoder indexes and which answers searches, and when one takes over from the other.

Used by the index thread alone. Owns the engines of both; the slot tells other threads which one
answers.
"""

from collections.abc import Callable, Sequence

from photofind.core.library import Library
from photofind.core.paths import LibraryPaths
from photofind.core.types import InstalledEncoder
from photofind.core.vectors import VectorIndex
from photofind.engine.client import EngineClient
from photofind.workers.encoder_slot import EncoderSlot, SearchPair

_FILLED = 0.98  # share of the photos an index must hold before it takes over the searches

EngineFactory = Callable[[InstalledEncoder], EngineClient]


class EncoderHandover:
    """The old encoder answers until the index of the new one is filled."""

    def __init__(
        self,
        paths: LibraryPaths,
        encoder: InstalledEncoder,
        others: Sequence[InstalledEncoder],
        engine_factory: EngineFactory,
        slot: EncoderSlot,
        on_changed: Callable[[InstalledEncoder], object],
    ) -> None:
        """Starts the engine of `encoder`. others: may answer while its index is being filled.
        on_changed: hears of another encoder that answers searches from now on."""
        self.encoder = encoder
        self.engine = engine_factory(encoder)
        self._paths = paths
        self._others = others
        self._engine_factory = engine_factory
        self._slot = slot
        self._on_changed = on_changed

    def answer_with(self, library: Library) -> None:
        """Search with the encoder that indexes, as far as its index goes."""
        self._slot.put(SearchPair(self.engine, library.vectors))

    def let_another_answer(self, library: Library) -> None:
        """Where this encoder has seen little of the library yet, search with one that knows it."""
        if not self._others:
            return
        counts = library.catalog.counts()
        known = {item: counts.with_vector.get(item.key, 0) for item in self._others}
        mine = counts.with_vector.get(self.encoder.key, 0)
        best = max(known, key=lambda item: known[item], default=self.encoder)
        if mine >= _FILLED * counts.photos or known.get(best, 0) <= mine:
            return
        vectors = VectorIndex(self._paths.index, best.key, best.spec.dimension)
        vectors.load(library.catalog)
        self._slot.put(SearchPair(self._engine_factory(best), vectors))
        self._on_changed(best)

    def use(self, encoder: InstalledEncoder, library: Library) -> list[str]:
        """Index with another encoder from now on; returns notices of its index."""
        answering = self._slot.get()
        if answering is not None and answering.engine is not self.engine:
            self.engine.close()  # an encoder that was chosen and left again before it was filled
        self.encoder = encoder
        self.engine = self._engine_factory(encoder)
        vectors = VectorIndex(self._paths.index, encoder.key, encoder.spec.dimension)
        return library.use_encoder(vectors, self.engine)

    def hand_over(self, library: Library) -> None:
        """Let the encoder that indexes answer, once it has seen nearly everything."""
        pair = self._slot.get()
        if pair is not None and pair.engine is self.engine:
            return
        counts = library.catalog.counts()
        if counts.with_vector.get(self.encoder.key, 0) < _FILLED * counts.photos:
            return
        self.answer_with(library)
        if pair is not None:
            pair.engine.close()
        self._on_changed(self.encoder)

    def close(self) -> None:
        """End the engines; nothing answers any more."""
        pair = self._slot.get()
        self._slot.put(None)
        self.engine.close()
        if pair is not None and pair.engine is not self.engine:
            pair.engine.close()
