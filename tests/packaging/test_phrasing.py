import random
from collections import Counter

import pytest
from concepts import CAPTION_WORDS, CONCEPTS
from looks import LOOKS
from phrasing import bare_look_phrase, caption_phrase, look_phrase, wording
from texts import content_of, names_of, phrase
from vocabulary import words_of

CAPTION = "A man and his two dogs are running on the grass ."
POODLE = "standard poodle"


@pytest.mark.parametrize("look", LOOKS)
def test_a_phrase_of_a_look_names_the_object_and_more(look: str) -> None:
    phrases = {look_phrase(look, "a dog", random.Random(seed)) for seed in range(40)}
    assert len(phrases) > 2
    assert all("dog" in text and text != "a dog" for text in phrases)
    assert all("dog" not in bare_look_phrase(look, random.Random(seed)) for seed in range(40))


def test_articles_fit_the_word_that_follows() -> None:
    phrases = {look_phrase("orange", "a owl", random.Random(seed)) for seed in range(60)}
    phrases |= {bare_look_phrase("orange", random.Random(seed)) for seed in range(60)}
    assert any("an orange" in text for text in phrases)
    assert not any("a orange" in text or "a owl" in text for text in phrases)


def test_most_captions_stay_and_the_rest_keeps_what_they_say() -> None:
    rng = random.Random(0)
    texts = Counter(caption_phrase(CAPTION, rng) for _ in range(400))
    assert 0.65 < texts[CAPTION] / 400 < 0.85
    assert "man two dogs running on grass" in texts
    assert any(text.startswith("a photo of") for text in texts)
    assert all(any(word in text for word in ("dogs", "pets", "animals")) for text in texts)


def test_a_label_is_called_by_everyday_names_too() -> None:
    assert names_of(POODLE)[:2] == [POODLE, "poodle"]
    rng = random.Random(0)
    assert sum(POODLE in phrase(POODLE, rng) for _ in range(300)) > 200
    assert any("poodle" in content_of(POODLE, rng) for _ in range(10))


def test_no_phrase_of_a_label_claims_a_look() -> None:
    rng = random.Random(0)
    texts = " ".join(phrase("pizza, pizza pie", rng) for _ in range(500))
    assert not any(word in texts for word in ("black and white", "blurry", "dark", "bright"))


def test_every_text_of_a_phrase_is_among_the_wording() -> None:
    rng = random.Random(0)
    known = {word for text in wording() for word in words_of(text)} | {"owl"}
    said = [look_phrase(look, "owl", rng) for look in LOOKS for _ in range(40)]
    said += [bare_look_phrase(look, rng) for look in LOOKS for _ in range(40)]
    assert {word for text in said for word in words_of(text)} <= known


def test_concept_words_are_single_lower_case_words() -> None:
    words = [word for group in CAPTION_WORDS.values() for word in group.split("|")]
    assert all(word.isalpha() and word.islower() for word in words)
    assert {"dog", "food"} <= set(CONCEPTS) & set(CAPTION_WORDS)
