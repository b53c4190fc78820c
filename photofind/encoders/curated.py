"""The models that photofind offers to fetch, with where they come from and how they are checked.

Nearly every file is pinned: full commit, size and sha256, each quoted alike by several public
projects that verify these very files. One model (SigLIP 2) has no such public record that we could
confirm. Its entry names the branch; at download time the branch is resolved to a full commit, each
file is checked against the checksum that the hub itself states for it, and both are recorded in
the model's photofind.json, against which it is verified from then on. That guards against damage
and later change, not against a hub that lies at the first download.
"""

from dataclasses import dataclass, field
from typing import Any

from photofind.core.types import EncoderSpec
from photofind.encoders.manifest import OPEN_CLIP, TIMM, TOKENIZER, Manifest

BUILTIN = "builtin"


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a hub repository. Size 0 and sha256 "" are asked of the hub."""

    name: str
    size: int = 0  # bytes
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class CuratedModel:
    """A model on offer. `revision` is a full commit, or a branch that is resolved once."""

    spec: EncoderSpec
    repository: str
    revision: str
    files: tuple[HubFile, ...]
    family: str = OPEN_CLIP
    image_size: int = 0  # pixels; 0 leaves the architecture's own
    preprocess: dict[str, Any] = field(default_factory=dict[str, Any])

    def manifest(self) -> Manifest:
        """What its photofind.json says before any file is there."""
        return Manifest(
            encoder_id=self.spec.encoder_id,
            family=self.family,
            architecture=self.spec.architecture,
            title=self.spec.title,
            licence=self.spec.licence,
            languages=self.spec.languages,
            weights=self.files[0].name,
            image_size=self.image_size,
            dimension=self.spec.dimension,
            text_floor=self.spec.text_floor,
            image_floor=self.spec.image_floor,
            preprocess=self.preprocess,
            repository=self.repository,
            revision=self.revision,
        )


BUILTIN_SPEC = EncoderSpec(
    encoder_id=BUILTIN,
    title="Built-in light model",
    summary="Comes with photofind and needs no download. Quick, and only roughly right.",
    licence="MIT",
    size_bytes=0,
    dimension=0,
    languages="English",
    speed="very fast",
)

_INCEPTION = {
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "interpolation": "bicubic",
}

CURATED: tuple[CuratedModel, ...] = (
    CuratedModel(
        spec=EncoderSpec(
            encoder_id="vit-b-32-256-datacomp",
            title="CLIP ViT-B/32 256 (DataComp)",
            summary="Finds what you mean on an ordinary computer. The right choice for most.",
            licence="MIT",
            size_bytes=605_189_364,
            dimension=512,
            languages="English",
            speed="fast",
            text_floor=0.10,
            image_floor=0.50,
            recommended=True,
            architecture="ViT-B-32-256",
        ),
        repository="laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K",
        revision="4afec35ffe57a943d569ff7ee888061830164da8",
        files=(
            HubFile(
                "open_clip_model.safetensors",
                605_189_364,
                "92c26d60d3200ed5ed040dff31a8d19f8140648da8007216c25744c478deef27",
            ),
        ),
    ),
    CuratedModel(
        spec=EncoderSpec(
            encoder_id="vit-l-14-laion2b",
            title="CLIP ViT-L/14 (LAION-2B)",
            summary="Notices finer things; wants a graphics card or a night of patience.",
            licence="MIT",
            size_bytes=1_710_517_748,
            dimension=768,
            languages="English",
            speed="slow",
            text_floor=0.10,
            image_floor=0.50,
            architecture="ViT-L-14",
        ),
        repository="laion/CLIP-ViT-L-14-laion2B-s32B-b82K",
        revision="1627032197142fbe2a7cfec626f4ced3ae60d07a",
        files=(
            HubFile(
                "open_clip_pytorch_model.safetensors",
                1_710_517_748,
                "7d129ed747e0ed53e82dfcc140382b51be66b56e6a9bdc3258afd2846e3bb019",
            ),
        ),
        preprocess=_INCEPTION,
    ),
    CuratedModel(
        spec=EncoderSpec(
            encoder_id="siglip2-b-16-256",
            title="SigLIP 2 B/16 256 (multilingual)",
            summary="Understands searches in many languages.",
            licence="Apache-2.0",
            size_bytes=1_540_000_000,
            dimension=768,
            languages="109 languages",
            speed="slow",
            text_floor=0.01,
            image_floor=0.60,
            architecture="ViT-B-16-SigLIP2-256",
        ),
        repository="timm/ViT-B-16-SigLIP2-256",
        revision="main",
        files=(HubFile("open_clip_model.safetensors"), HubFile(TOKENIZER)),
        preprocess={**_INCEPTION, "resize_mode": "squash"},
    ),
    CuratedModel(
        spec=EncoderSpec(
            encoder_id="dinov2-small",
            title="DINOv2 small (pictures only)",
            summary="For similar pictures and duplicates. Cannot be searched by words.",
            licence="Apache-2.0",
            size_bytes=88_240_510,
            dimension=384,
            languages="none (pictures only)",
            speed="fast",
            has_text=False,
            image_floor=0.40,
            architecture="vit_small_patch14_dinov2.lvd142m",
        ),
        repository="timm/vit_small_patch14_dinov2.lvd142m",
        revision="4610ca143709d58a633b6397a74412c2c3842454",
        files=(
            HubFile(
                "model.safetensors",
                88_240_510,
                "04d27f3400d059fc0cfd7d17dd1909a75bf3ea8fb3eeb48b97cb99e57ee20081",
            ),
        ),
        family=TIMM,
        image_size=224,  # its own 518 costs six times as much for little gain in likeness
    ),
    CuratedModel(
        spec=EncoderSpec(
            encoder_id="dinov2-base",
            title="DINOv2 base (pictures only)",
            summary="As DINOv2 small, with a finer eye. Cannot be searched by words.",
            licence="Apache-2.0",
            size_bytes=346_334_872,
            dimension=768,
            languages="none (pictures only)",
            speed="slow",
            has_text=False,
            image_floor=0.40,
            architecture="vit_base_patch14_dinov2.lvd142m",
        ),
        repository="timm/vit_base_patch14_dinov2.lvd142m",
        revision="4685c99dabffe5affac90bd99dbffd25801ae58d",
        files=(
            HubFile(
                "model.safetensors",
                346_334_872,
                "55cbb5d887b336d430e649c277b85a1429e724871f9d02ac16203235886d8c7b",
            ),
        ),
        family=TIMM,
        image_size=224,
    ),
)
