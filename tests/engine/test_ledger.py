from pathlib import Path

from photofind.engine.ledger import CRASHED, WINDOW, Call, Ledger
from photofind.engine.protocol import Analyze, EncodeTexts, Render


def photo(number: int) -> Call:
    return Call(Analyze(number, Path(f"{number}.jpg"), encode=True))


def send_all(ledger: Ledger) -> list[int]:
    numbers: list[int] = []
    while (call := ledger.send_next()) is not None:
        numbers.append(call.number)
    return numbers


def test_urgent_requests_are_sent_first_and_analyses_in_a_window() -> None:
    ledger = Ledger()
    for number in range(WINDOW + 10):
        ledger.add(photo(number))
    ledger.add(Call(EncodeTexts(900, ("a",))))
    assert send_all(ledger) == [900, *range(WINDOW)]
    ledger.finish(3)
    assert send_all(ledger) == [WINDOW]


def test_cancelled_calls_are_dropped() -> None:
    ledger = Ledger()
    calls = [photo(number) for number in range(3)]
    for call in calls:
        ledger.add(call)
    calls[1].future.cancel()
    assert send_all(ledger) == [0, 2]


def test_after_a_crash_suspects_go_alone_while_queries_go_on() -> None:
    ledger = Ledger()
    for number in range(4):
        ledger.add(photo(number))
    send_all(ledger)
    ledger.started(1, 0.0)
    ledger.started(2, 0.0)
    verdict = ledger.judge()
    assert (verdict.culprits, verdict.new_suspects) == ((), 2)
    ledger.add(Call(EncodeTexts(900, ("a",))))
    ledger.add(Call(Render(901, Path("preview.jpg"), 100)))
    assert send_all(ledger) == [1, 900]
    ledger.finish(1)
    assert send_all(ledger) == [2]
    ledger.started(2, 0.0)
    (culprit,) = ledger.judge().culprits
    assert (culprit[0].number, culprit[1]) == (2, CRASHED)
    assert send_all(ledger) == [900, 901, 0, 3]


def test_end_without_a_file_in_hand_blames_nobody() -> None:
    ledger = Ledger()
    for number in range(3):
        ledger.add(photo(number))
    send_all(ledger)
    ledger.started(0, 0.0)
    ledger.decoded(0)
    verdict = ledger.judge()
    assert (verdict.culprits, verdict.new_suspects) == ((), 0)
    assert send_all(ledger) == [0, 1, 2]


def test_late_one_is_condemned_and_clears_the_others() -> None:
    ledger = Ledger()
    for number in range(3):
        ledger.add(photo(number))
    send_all(ledger)
    ledger.started(0, 0.0)
    ledger.started(1, 15.0)
    assert not ledger.condemn_late(19.0, 20.0)
    assert ledger.condemn_late(21.0, 20.0)
    verdict = ledger.judge()
    assert [(call.number, why) for call, why in verdict.culprits] == [
        (0, "it took longer than 20 s to read")
    ]
    assert send_all(ledger) == [1, 2]


def test_while_held_only_what_a_person_waits_for_is_sent() -> None:
    ledger = Ledger()
    ledger.add(photo(1))
    ledger.add(Call(EncodeTexts(900, ("a",))))
    assert not ledger.awaited
    first = ledger.send_next(hold=True)
    assert first is not None
    assert first.number == 900
    assert ledger.awaited
    assert ledger.send_next(hold=True) is None
    ledger.finish(900)
    assert send_all(ledger) == [1]
    assert not ledger.awaited


def test_a_suspect_waits_while_held() -> None:
    ledger = Ledger()
    ledger.add(photo(1))
    send_all(ledger)
    ledger.started(1, 0.0)
    ledger.judge()
    assert ledger.send_next(hold=True) is None
    assert send_all(ledger) == [1]
