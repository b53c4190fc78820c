"""The architecture and the fixed numbers of the built-in model.

Everything open_clip needs to rebuild it is MODEL_CFG; the rest only concerns training.
"""

from pathlib import Path
from typing import Any, Final

from platformdirs import user_cache_path

REPOSITORY: Final = Path(__file__).resolve().parents[2]
DEFAULT_PHOTOS: Final = REPOSITORY.parent / "shared" / "photos"
DEFAULT_WORK: Final = user_cache_path("photofind") / "builtin-model"
DEFAULT_EXPORT: Final = REPOSITORY / "resources" / "models" / "builtin"

IMAGE_SIZE: Final = 96
CONTEXT_LENGTH: Final = 32
EMBED_DIM: Final = 256
TEXT_WIDTH: Final = 128

# A token no English text produces (the last byte pair before the start-of-text mark) stands for
# "some word" during training; export copies its row to every word never seen.
UNKNOWN_TOKEN: Final = 49405

MODEL_CFG: Final[dict[str, Any]] = {
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
        "vocab_size": 49408,
        "width": TEXT_WIDTH,
        "heads": 4,
        "layers": 2,
    },
}
