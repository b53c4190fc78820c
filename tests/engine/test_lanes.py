import threading

from photofind.engine.lanes import Lanes


def test_urgent_items_overtake() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.put("photo", urgent=False)
    lanes.put("query", urgent=True)
    assert [lanes.take(), lanes.take()] == ["query", "photo"]


def test_batch_is_bounded_and_never_mixed_with_urgent_items() -> None:
    lanes: Lanes[int] = Lanes()
    for number in range(5):
        lanes.put(number, urgent=False)
    assert lanes.take_batch(3, 0) == [0, 1, 2]
    lanes.put(99, urgent=True)
    assert lanes.take_batch(3, 0) == [99]
    assert lanes.take_batch(3, 0) == [3, 4]


def test_closed_gate_holds_back_the_background_only() -> None:
    gate = threading.Event()
    lanes: Lanes[str] = Lanes(gate.is_set)
    lanes.put("photo", urgent=False)
    lanes.put("query", urgent=True)
    assert lanes.take() == "query"
    taken: list[str] = []
    taker = threading.Thread(target=lambda: taken.append(lanes.take()))
    taker.start()
    lanes.put("other query", urgent=True)
    taker.join(30)
    assert taken == ["other query"]
    gate.set()
    lanes.wake()
    assert lanes.take() == "photo"
