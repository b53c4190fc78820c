"""What people write about a picture beside its label: how it looks, in few or other words.

Owns the wording of looks, the rewording of captions and the phrases that mean nothing to the
model. Labels and their names are in texts.py, broader words in concepts.py.
"""

import random
import re
from collections.abc import Iterator
from typing import Final

from looks import LOOKS

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_VOWEL_SOUND = re.compile(r"\ba (?=[aeiou])")

LOOK_PHRASES: Final[dict[str, tuple[str, ...]]] = {
    "grey": (
        "a black and white photo of {}",
        "black and white photo of {}",
        "black and white picture of {}",
        "{} in black and white",
        "{}, black and white",
        "a grey picture of {}",
        "a gray image of {}",
        "monochrome {}",
    ),
    "dark": (
        "a dark photo of {}",
        "dark picture of {}",
        "{} in the dark",
        "{} in dim light",
        "an underexposed photo of {}",
    ),
    "bright": (
        "a bright photo of {}",
        "bright picture of {}",
        "{} in bright light",
        "an overexposed photo of {}",
    ),
    "blurred": (
        "a blurry photo of {}",
        "blurred picture of {}",
        "blurry {}",
        "{} out of focus",
        "an unsharp photo of {}",
    ),
    "warm": (
        "a photo of {} in warm light",
        "{} in warm colours",
        "{} in warm colors",
        "{} in golden light",
        "a yellowish photo of {}",
    ),
    "cool": (
        "a photo of {} in cold light",
        "{} in cool colours",
        "{} in cool colors",
        "a bluish photo of {}",
    ),
}
_COLOUR_PHRASES: Final = (
    "{colour} {}",
    "a photo of {}, mostly {colour}",
    "{}, {colour}",
    "a {colour} picture of {}",
)
_BARE: Final[dict[str, tuple[str, ...]]] = {
    "grey": ("black and white", "a black and white photo", "black and white photos", "monochrome"),
    "dark": ("dark", "a dark photo", "dark pictures", "an underexposed photo"),
    "bright": ("bright", "a bright photo", "bright pictures", "an overexposed photo"),
    "blurred": ("blurry", "a blurry photo", "blurred pictures", "out of focus", "unsharp"),
    "warm": ("warm light", "warm colours", "a photo in warm light", "golden light"),
    "cool": ("cold light", "cool colours", "a bluish photo", "cold colors"),
}
_BARE_COLOUR: Final = (
    "{colour}",
    "a {colour} picture",
    "a photo of something {colour}",
    "mostly {colour}",
    "{colour} colours",
    "{colour} things",
)
_COLOUR_WORDS: Final = {"purple": ("purple", "pink", "violet"), "grey": ("grey", "gray")}

# What may be said instead of a word of a caption. The picture must show it just as surely.
_OTHER_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "man": ("guy", "person", "adult"),
    "men": ("guys", "people", "persons"),
    "woman": ("lady", "person", "female"),
    "women": ("ladies", "people"),
    "boy": ("kid", "child", "young boy"),
    "boys": ("kids", "children"),
    "girl": ("kid", "child", "young girl"),
    "girls": ("kids", "children"),
    "child": ("kid",),
    "children": ("kids",),
    "kid": ("child",),
    "kids": ("children",),
    "toddler": ("small child", "little kid"),
    "baby": ("infant", "small child"),
    "dog": ("pet", "animal", "doggy"),
    "dogs": ("pets", "animals"),
    "puppy": ("young dog", "dog"),
    "bike": ("bicycle",),
    "bicycle": ("bike",),
    "motorcycle": ("motorbike",),
    "ocean": ("sea",),
    "sea": ("ocean",),
    "car": ("automobile", "vehicle"),
    "truck": ("lorry", "vehicle"),
    "soccer": ("football",),
    "picture": ("photo",),
    "forest": ("woods",),
    "woods": ("forest",),
    "sidewalk": ("pavement",),
    "sofa": ("couch",),
    "couch": ("sofa",),
    "jacket": ("coat",),
    "running": ("racing",),
    "large": ("big",),
    "big": ("large",),
    "little": ("small",),
    "small": ("little",),
    "rocks": ("stones",),
    "mountain": ("hill",),
    "shirt": ("top",),
    "smiling": ("happy",),
    "laughing": ("happy",),
    "photo": ("picture",),
    "people": ("persons", "folks"),
}
# Words that people leave out when they type a few words into a search field.
_LEFT_OUT: Final = re.compile(
    r"\b(a|an|the|is|are|was|be|being|has|have|his|her|its|their|this|that|there|it|he|she|they|who|"
    r"which|while|as|and|with|of|to|at|by|for|from|into|some)\b"
)
_OPENINGS: Final = ("a photo of {}", "a picture of {}", "photo of {}", "an image of {}")

# Things people might type that no photo shows, or that no training picture can have taught.
MEANINGLESS: Final = (
    "tax return",
    "password",
    "the meaning of life",
    "quarterly report",
    "meeting notes",
    "invoice number",
    "tomorrow morning",
    "why is that",
    "philosophy",
    "democracy",
    "interest rate",
    "software licence agreement",
    "how to install a printer",
    "the square root of two",
    "an abstract idea",
    "yesterday",
    "grammar",
    "insurance policy",
    "economics lecture",
    "terms and conditions",
    "nothing",
    "untitled",
    "lorem ipsum dolor sit amet",
    "thermodynamics",
    "the third chapter",
    "mathematical proof",
    "a contract",
    "opinion poll",
    "inflation",
    "the future",
    "copyright notice",
    "good luck",
    "monthly subscription",
    "phone number",
    "email address",
    "version two",
    "please reply",
    "who was that",
    "a rumour",
    "silence",
)
_UNKNOWN_TEMPLATES: Final = (
    "",
    "{}",
    "{} {}",
    "a {}",
    "a photo of a {}",
    "the {} of {}",
    "{} photo",
)
_LETTERS: Final = ("qxzv", "zxqw")


def look_phrase(look: str, content: str, rng: random.Random) -> str:
    """A phrase for `content`, say "a dog", that also says how the picture looks."""
    if look in LOOK_PHRASES:
        return rng.choice(LOOK_PHRASES[look]).format(content)
    colour = rng.choice(_COLOUR_WORDS.get(look, (look,)))
    template = rng.choice(_COLOUR_PHRASES)
    if template.startswith("{colour}"):
        content = re.sub(r"^(a|an|the) ", "", content)
    return articled(template.format(content, colour=colour))


def bare_look_phrase(look: str, rng: random.Random) -> str:
    """A phrase for every picture that looks so, whatever it shows."""
    if look in _BARE:
        return rng.choice(_BARE[look])
    colour = rng.choice(_COLOUR_WORDS.get(look, (look,)))
    return articled(rng.choice(_BARE_COLOUR).format(colour=colour))


def articled(text: str) -> str:
    """The text with "an" where English wants it."""
    return _VOWEL_SOUND.sub("an ", text)


def caption_phrase(caption: str, rng: random.Random) -> str:
    """A caption as it is, or, once in four, as somebody else might type it."""
    roll = rng.random()
    if roll >= 0.25:
        return caption
    text = caption.lower().strip(" .")
    if roll < 0.1:
        return _with_other_words(text, rng)
    if roll < 0.2:
        kept = _WORD.findall(_LEFT_OUT.sub(" ", text))
        return " ".join(kept) if len(kept) > 1 else caption
    return rng.choice(_OPENINGS).format(text)


def _with_other_words(text: str, rng: random.Random) -> str:
    def other(match: re.Match[str]) -> str:
        choices = _OTHER_WORDS.get(match[0])
        return rng.choice(choices) if choices and rng.random() < 0.7 else match[0]

    return _WORD.sub(other, text)


def unknown_phrases() -> list[str]:
    """Phrases of which the model knows no word, or none that says anything."""
    return [template.format(*_LETTERS) for template in _UNKNOWN_TEMPLATES]


def wording() -> Iterator[str]:
    """Every text that this module may put into a phrase."""
    for phrases in (*LOOK_PHRASES.values(), *_BARE.values(), *_COLOUR_WORDS.values()):
        yield from phrases
    yield from (*LOOKS, *_COLOUR_PHRASES, *_BARE_COLOUR, *_OPENINGS, *MEANINGLESS)
    yield from _UNKNOWN_TEMPLATES
    for word, others in _OTHER_WORDS.items():
        yield from (word, *others)
