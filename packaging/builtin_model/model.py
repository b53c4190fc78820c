"""The network in training: open_clip's own model, and a head that only training uses."""

import math
from pathlib import Path

import torch
from config import MIDDLE, WEIGHTS_FILE, model_cfg
from corpus import WORDS, Corpus
from device import lower_precision
from open_clip.model import CLIP
from safetensors.torch import load_file
from torch import Tensor, nn

from photofind.encoders.kinds import Pooled
from photofind.encoders.manifest import TOKENIZER


class Trainee(nn.Module):
    """The model plus the head that only training uses."""

    def __init__(self, classes: int, vocabulary: int) -> None:
        super().__init__()
        self.clip = CLIP(**model_cfg(vocabulary), init_logit_scale=math.log(16))
        self.head = nn.Linear(self.clip.visual.trunk.num_features, classes + WORDS)
        nn.init.normal_(self.clip.token_embedding.weight, std=0.02)

    def take_exported(self, folder: Path, corpus: Corpus) -> None:
        """Takes an exported model's weights. Raises ValueError where its words are others."""
        corpus.check_tokenizer((folder / TOKENIZER).read_text(encoding="utf-8"))
        weights = load_file(folder / WEIGHTS_FILE)
        self.clip.load_state_dict({name: value.float() for name, value in weights.items()})

    def hold_words(self) -> None:
        """Takes the text tower out of training: what phrases mean stays as it is."""
        clip = self.clip
        for part in (clip.token_embedding, clip.transformer, clip.ln_final):
            part.requires_grad_(False)
        clip.positional_embedding.requires_grad_(False)
        clip.text_projection.requires_grad_(False)

    def features(self, pictures: Tensor) -> Tensor:
        """The trunk's pooled output (n, features) of normalised pictures (n, 3, s, s)."""
        with lower_precision():
            return self.clip.visual.trunk(pictures).float()

    def pooled(self, pictures: Tensor) -> Tensor:
        """The means and spreads of the trunk's last map (n, 2 x features), as a finished model has
        them."""
        with lower_precision():
            return Pooled(self.clip.visual.trunk, torch.tensor(MIDDLE))(pictures).float()

    def means(self, pictures: Tensor) -> Tensor:
        """Of `pooled`, what `vectors` takes (n, features)."""
        return self.pooled(pictures).chunk(2, dim=1)[0]

    def vectors(self, features: Tensor) -> Tensor:
        """Unit vectors (n, d) of the trunk's output."""
        return nn.functional.normalize(self.clip.visual.head(features), dim=-1)

    def phrases(self, rows: Tensor) -> Tensor:
        """Unit vectors (n, d) of token rows (n, length), length up to the context's.

        The same as `encode_text` of the padded rows, without the time for the padding: attention
        is causal, so what follows the end mark changes nothing. Rows of like length go together.
        """
        lengths, order = (rows.argmax(1) + 1).sort()
        with lower_precision():
            # One look-up for all: each would make a gradient as large as the whole token table.
            states = self.clip.token_embedding(rows[order])
            parts = [
                self._ends(
                    states[start : start + 192, : int(lengths[start : start + 192].max())], end
                )
                for start, end in zip(
                    range(0, len(rows), 192), (lengths - 1).split(192), strict=True
                )
            ]
        vectors = torch.cat(parts).float()[order.argsort()]
        return nn.functional.normalize(vectors, dim=-1)

    def _ends(self, states: Tensor, end: Tensor) -> Tensor:
        clip, length = self.clip, states.shape[1]
        states = states + clip.positional_embedding[:length]
        states = clip.transformer(states, attn_mask=clip.attn_mask[:length, :length])
        return clip.ln_final(states[torch.arange(len(end)), end]) @ clip.text_projection
