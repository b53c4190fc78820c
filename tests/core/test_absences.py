"""Missing files, found again by what they were."""

from photofind.core.absences import Absence, Absences
from photofind.core.catalog import KnownFile
from photofind.core.types import FileStamp


def missing(number, content=b"", size=100):
    known = KnownFile(number, FileStamp(size, number, number), True, "", content, 0)
    return Absence((1, f"{number}.jpg"), known, float(number))


def test_a_missing_file_is_found_by_content_among_those_of_its_size():
    absences = Absences()
    for absence in (missing(1, b"a"), missing(2, b"b"), missing(3, b"b", size=200)):
        absences.add(absence)
    assert absences.same_content(100, b"b") == missing(2, b"b")
    assert absences.same_content(200, b"b") == missing(3, b"b", size=200)
    assert absences.same_content(300, b"b") is None


def test_what_is_discarded_leaves_no_trace():
    absences = Absences()
    absences.add(missing(1, b"a"))
    absences.add(missing(1, b"a", size=200))  # noted again, changed meanwhile
    assert absences.sizes() == {200}
    absences.discard((1, "1.jpg"))
    assert absences.sizes() == set()
    assert not absences.has_size(200)
    assert absences.identical(missing(1, size=200).known.stamp) is None
    assert absences.same_content(200, b"a") is None
