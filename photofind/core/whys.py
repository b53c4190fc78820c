"""Why photos are hits. Thousands of hits have few different reasons, so each is held once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Why = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Whys:
    """One reason for each of n photos."""

    reasons: tuple[Why, ...]
    numbers: npt.NDArray[np.int64]  # (n,): which of `reasons`

    def __len__(self) -> int:
        return len(self.numbers)

    def at(self, places: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Whys":
        """Those of some of the photos."""
        return Whys(self.reasons, self.numbers[places])

    def each(self) -> tuple[Why, ...]:
        """The reason of every photo."""
        return tuple(map(self.reasons.__getitem__, self.numbers.tolist()))

    def holding(self, word: str) -> npt.NDArray[np.bool_]:
        """Which photos have `word` among their reasons: (n,)."""
        return np.array([word in why for why in self.reasons], np.bool_)[self.numbers]

    def followed_by(self, other: "Whys") -> "Whys":
        """These reasons and then those of `other` for the same photos, none twice."""
        codes = self.numbers * len(other.reasons) + other.numbers
        different, numbers = np.unique(codes, return_inverse=True)
        pairs: list[tuple[int, int]] = [
            divmod(code, len(other.reasons)) for code in different.tolist()
        ]
        reasons = (self.reasons[mine] + other.reasons[theirs] for mine, theirs in pairs)
        return Whys(tuple(tuple(dict.fromkeys(each)) for each in reasons), numbers)


NO_WHYS = Whys((), np.empty(0, np.int64))
