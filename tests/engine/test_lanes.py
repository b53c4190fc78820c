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


def test_nothing_is_taken_at_once_through_a_closed_gate() -> None:
    gate = threading.Event()
    lanes: Lanes[str] = Lanes(gate.is_set)
    assert lanes.take_now() is None
    lanes.put("photo", urgent=False)
    assert lanes.take_now() is None
    lanes.put("query", urgent=True)
    assert lanes.take_now() == "query"
    gate.set()
    assert lanes.take_now() == "photo"


def test_no_batch_is_begun_behind_a_closed_gate() -> None:
    gate = threading.Event()
    lanes: Lanes[int] = Lanes(gate.is_set)
    taken: list[list[int]] = []
    taker = threading.Thread(target=lambda: taken.append(lanes.take_batch(5, 0)))
    lanes.put(1, urgent=False)
    taker.start()
    lanes.put(99, urgent=True)
    taker.join(30)
    assert taken == [[99]]
    gate.set()
    assert lanes.take_batch(5, 0) == [1]


def test_a_rest_ends_for_a_query_and_when_it_is_over() -> None:
    lanes: Lanes[int] = Lanes()
    over = threading.Event()
    resting = threading.Thread(target=lambda: lanes.rest(3600, over.is_set))
    resting.start()
    lanes.put(99, urgent=True)
    resting.join(30)
    assert not resting.is_alive()
    assert lanes.take() == 99
    resting = threading.Thread(target=lambda: lanes.rest(3600, over.is_set))
    resting.start()
    over.set()
    lanes.wake()
    resting.join(30)
    assert not resting.is_alive()


def test_who_rests_does_not_keep_an_item_from_who_waits_for_one() -> None:
    lanes: Lanes[int] = Lanes()
    over = threading.Event()
    resting = [threading.Thread(target=lambda: lanes.rest(3600, over.is_set)) for _ in range(3)]
    for thread in resting:
        thread.start()
    taken: list[list[int]] = []
    taker = threading.Thread(target=lambda: taken.append(lanes.take_batch(1, 0)))
    taker.start()
    lanes.put(1, urgent=False)
    taker.join(30)
    assert taken == [[1]]
    over.set()
    lanes.wake()
    for thread in resting:
        thread.join(30)
    assert not any(thread.is_alive() for thread in resting)
