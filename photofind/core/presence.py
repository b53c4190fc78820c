"""Which photos are still in the catalog: arrays that were taken from it earlier may lag behind."""

import numpy as np
import numpy.typing as npt

from photofind.core.catalog import Catalog
from photofind.core.types import Filters

Ids = npt.NDArray[np.int64]

_FEW = 1000  # up to here it is faster to ask for each photo than to list all


def still_known(catalog: Catalog, ids: Ids) -> Ids:
    """Those of `ids`, each given once, that are photos of the library; in no particular order."""
    if len(ids) <= _FEW:
        return np.array([photo.photo_id for photo in catalog.photos(ids.tolist())], np.int64)
    known = np.asarray(catalog.newest(Filters()), np.int64)
    return np.intersect1d(ids, known, assume_unique=True)
