"""Which models are on offer and which are installed. Loads no model and imports no torch.

Each installed model is a folder below `models_dir`, named after its id; the built-in one lies in
the shipped resources. A folder without weights does not count as a model.
"""

import hashlib
import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

from photofind.core.errors import EncoderError, EncoderMissingError
from photofind.core.paths import resources
from photofind.core.types import EncoderSpec, InstalledEncoder
from photofind.encoders import architectures, importing
from photofind.encoders.curated import BUILTIN, BUILTIN_SPEC, CURATED, CuratedModel
from photofind.encoders.manifest import (
    CALIBRATED,
    CONFIG,
    TIMM,
    Manifest,
    find_weights,
    read_manifest,
    sha256_of,
    weights_sha256,
)

log = logging.getLogger(__name__)

COMPILED = "compiled"
"""The folder beside the weights, or where they would be, for files made for this machine."""


class ModelRegistry:
    """The models of one library."""

    def __init__(self, models_dir: Path, *, builtin: Path | None = None) -> None:
        self.models_dir = models_dir
        self._builtin = builtin or resources() / "models" / BUILTIN
        self._hashes: dict[tuple[Path, int, int], str] = {}

    def curated(self) -> list[EncoderSpec]:
        """What can be downloaded, the recommended one first."""
        specs = [model.spec for model in CURATED]
        return sorted(specs, key=lambda spec: not spec.recommended)

    def curated_model(self, encoder_id: str) -> CuratedModel:
        """The download card of an id. Raises EncoderMissingError where there is none."""
        for model in CURATED:
            if model.spec.encoder_id == encoder_id:
                return model
        if encoder_id == BUILTIN:
            raise EncoderMissingError("the built-in model comes with photofind; it is here already")
        names = ", ".join(model.spec.encoder_id for model in CURATED)
        raise EncoderMissingError(f"no model is called {encoder_id!r}; on offer are: {names}")

    def installed(self) -> list[InstalledEncoder]:
        """Every model that is here and sound, the built-in one first. Damaged ones are logged."""
        found: list[InstalledEncoder] = []
        folders = sorted(self.models_dir.iterdir()) if self.models_dir.is_dir() else []
        for encoder_id in [BUILTIN, *(path.name for path in folders if path.is_dir())]:
            if encoder_id.startswith(".") or (encoder_id == BUILTIN and found):
                continue
            try:
                found.append(self.get(encoder_id))
            except EncoderError as error:
                log.warning("the model %s is left out: %s", encoder_id, error)
        return found

    def get(self, encoder_id: str) -> InstalledEncoder:
        """An installed model.

        Raises EncoderMissingError where it is not here, EncoderError where it is damaged.
        """
        folder = self.folder(encoder_id)
        if not folder.is_dir():
            raise EncoderMissingError(self._missing(encoder_id))
        manifest = read_manifest(folder)
        sha256 = self._sha256(encoder_id, folder, manifest)
        spec = _spec(encoder_id, folder, manifest)
        return InstalledEncoder(
            spec=spec,
            folder=folder,
            key=f"{encoder_id}-{self._identity(sha256, folder, manifest)[:8]}",
            cache=self.models_dir / encoder_id / COMPILED,
        )

    def folder(self, encoder_id: str) -> Path:
        """Where a model lies or would lie. Raises EncoderMissingError for an impossible id."""
        if encoder_id == BUILTIN:
            return self._builtin
        if not importing.is_encoder_id(encoder_id):
            raise EncoderMissingError(f"{encoder_id!r} is not the name of a model")
        return self.models_dir / encoder_id

    def remove(self, encoder_id: str) -> None:
        """Delete an installed model. Raises EncoderError where that is not possible."""
        if encoder_id == BUILTIN:
            raise EncoderError("the built-in model is part of photofind and cannot be removed")
        folder = self.folder(encoder_id)
        if not folder.is_dir():
            raise EncoderMissingError(self._missing(encoder_id))
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise EncoderError(f"the model {encoder_id} could not be removed: {error}") from error

    def import_path(
        self, path: Path, architecture: str | None = None, allow_pickle: bool = False
    ) -> InstalledEncoder:
        """Copy a model of the user's own into the library.

        path: a folder in open_clip's or timm's layout, or one checkpoint file, which needs
        open_clip's `architecture` name. A pickle (.pt, .bin) can run code when it is read and is
        refused unless `allow_pickle` says that the user was asked. Raises EncoderError.
        """
        folder = importing.import_model(path, self.models_dir, architecture, allow_pickle)
        return self.get(folder.name)

    def _sha256(self, encoder_id: str, folder: Path, manifest: Manifest) -> str:
        try:
            path = find_weights(folder, manifest)
            stat = path.stat()
        except OSError as error:
            raise EncoderError(f"the model {encoder_id} cannot be read: {error}") from error
        at = (path, stat.st_size, stat.st_mtime_ns)
        if at not in self._hashes:
            # the shipped folder belongs to the installation: nothing is written there
            remember = encoder_id != BUILTIN
            self._hashes[at] = weights_sha256(folder, manifest, remember=remember)
        return self._hashes[at]

    def _identity(self, sha256: str, folder: Path, manifest: Manifest) -> str:
        """A hex digest of what vectors depend on: the weights and, where a model knows kinds, what
        those are and what it is shown."""
        if not manifest.kinds:
            return sha256
        config = folder / CONFIG
        own = architectures.read_json(config) if config.is_file() else {}
        parts = [manifest.preprocess, own, self._digest(folder / Path(manifest.kinds).name)]
        return hashlib.sha256(f"{sha256} {json.dumps(parts, sort_keys=True)}".encode()).hexdigest()

    def _digest(self, path: Path) -> str:
        """Of a file beside the weights, computed once. Raises EncoderError."""
        try:
            stat = path.stat()
            at = (path, stat.st_size, stat.st_mtime_ns)
            if at not in self._hashes:
                self._hashes[at] = sha256_of(path)
        except OSError as error:
            raise EncoderError(f"{path} cannot be read: {error}") from error
        return self._hashes[at]

    def _missing(self, encoder_id: str) -> str:
        if encoder_id == BUILTIN:
            return f"the built-in model is missing from {self._builtin}; install photofind again"
        if any(model.spec.encoder_id == encoder_id for model in CURATED):
            return (
                f"the model {encoder_id} is not installed; "
                f"fetch it with: photofind models download {encoder_id}"
            )
        return f"no model {encoder_id!r} is installed; see: photofind models list"


def _spec(encoder_id: str, folder: Path, manifest: Manifest) -> EncoderSpec:
    spec = _known_spec(encoder_id) or _own_spec(encoder_id, manifest)
    try:
        size = find_weights(folder, manifest).stat().st_size
    except OSError:
        size = spec.size_bytes
    measured = {name: getattr(manifest, name) for name in CALIBRATED}
    return replace(
        spec,
        size_bytes=size,
        dimension=manifest.dimension or spec.dimension or architectures.dimension(folder, manifest),
        architecture=manifest.architecture or spec.architecture,
        **{name: value for name, value in measured.items() if value is not None},
    )


def _known_spec(encoder_id: str) -> EncoderSpec | None:
    if encoder_id == BUILTIN:
        return BUILTIN_SPEC
    return next((m.spec for m in CURATED if m.spec.encoder_id == encoder_id), None)


def _own_spec(encoder_id: str, manifest: Manifest) -> EncoderSpec:
    pictures_only = manifest.family == TIMM
    languages = "none (pictures only)" if pictures_only else "as it was trained"
    return EncoderSpec(
        encoder_id=encoder_id,
        title=manifest.title or encoder_id,
        summary="A model of your own.",
        licence=manifest.licence or "unknown",
        size_bytes=0,
        dimension=0,
        languages=manifest.languages or languages,
        speed="unknown",
        has_text=not pictures_only,
    )
