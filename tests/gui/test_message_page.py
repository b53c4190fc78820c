from photofind.gui.message_page import MessagePage


def test_a_message_without_an_action_has_no_button(qtbot):
    page = MessagePage()
    qtbot.addWidget(page)
    page.show()
    page.set_message("Nothing found", "Other words may help.", "Show all photos")
    assert page._action.isVisible()
    with qtbot.waitSignal(page.action_clicked):
        page._action.click()
    page.set_message("No photos", "They appear by themselves.")
    assert not page._action.isVisible()
    assert page.accessibleName() == "No photos"


def test_a_long_reason_wraps(qtbot):
    page = MessagePage()
    qtbot.addWidget(page)
    page.resize(300, 300)
    page.set_message("This search is not possible", "Donaudampfschifffahrt " * 20)
    page.show()
    assert page.width() <= 320
    assert page._text.width() <= page.width()
