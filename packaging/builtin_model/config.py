"""The architecture and the fixed numbers of the built-in model.

Everything open_clip needs to rebuild it is `model_cfg`; the rest only concerns training.
"""

from pathlib import Path
from typing import Any, Final

from platformdirs import user_cache_path

REPOSITORY: Final = Path(__file__).resolve().parents[2]
DEFAULT_PHOTOS: Final = REPOSITORY.parent / "shared" / "photos"
DEFAULT_WORK: Final = user_cache_path("photofind") / "builtin-model"
DEFAULT_EXPORT: Final = REPOSITORY / "resources" / "models" / "builtin"

IMAGE_SIZE: Final = 96
# What a finished model's last stage sees of a picture's middle, as a share; training looks once.
MIDDLE: Final = 0.38
CONTEXT_LENGTH: Final = 32
EMBED_DIM: Final = 256
WEIGHTS_FILE: Final = "open_clip_model.safetensors"
KINDS_FILE: Final = "kinds.safetensors"


def model_cfg(vocabulary: int) -> dict[str, Any]:
    """The architecture for so many tokens, as open_clip takes it.

    The text tower is as wide as the vectors: a narrower one can only reach a part of them.
    """
    return {
        "embed_dim": EMBED_DIM,
        "vision_cfg": {
            "timm_model_name": "resnet10t",
            "timm_model_pretrained": False,
            "timm_pool": "avg",
            "timm_proj": "linear",
            "image_size": IMAGE_SIZE,
        },
        "text_cfg": {
            "context_length": CONTEXT_LENGTH,
            "vocab_size": vocabulary,
            "width": EMBED_DIM,
            "heads": 4,
            "layers": 2,
            "hf_tokenizer_name": "tokenizer.json",  # any name; it lies beside the weights
        },
    }
