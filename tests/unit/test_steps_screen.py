"""Screen and language."""

from typing import Any

import pytest

from importer.steps.screen import put_screen
from tests.unit.steps import put


@pytest.mark.parametrize(
    ("size", "depth", "screen"),
    [
        ("1920x1080", 24, {"size": "1920x1080", "depth": 24}),
        ("390x844", 0, {"size": "390x844"}),
        (" 1920 X 1080 ", 30, {"size": "1920x1080", "depth": 30}),
        ("01920×0800", 0, {"size": "1920x800"}),
        ("99999x1", 1, {"size": "99999x1", "depth": 1}),
        ("", 32, {"depth": 32}),
        ("100000x1", 0, {}),
        ("0x0", 0, {}),
        ("-5x10", 0, {}),
        ("1920", 0, {"size": "1920"}),
        ("1920x1080x24", 0, {}),
        ("1920.5x1080", 0, {}),
        ("٣x٣", 0, {}),
        ("wide", -1, {}),
        ("undefinedxundefined", 129, {}),
    ],
)
def test_a_screen_is_kept_when_it_can_be_one(size: str, depth: int, screen: dict[str, Any]) -> None:
    assert put(put_screen, screen=size, screen_depth=depth).screen == screen


@pytest.mark.parametrize(
    ("told", "language"),
    [
        ("de-DE", "de-DE"),
        ("de", "de"),
        ("DE-de", "de-DE"),
        ("en_US", "en-US"),
        ("en_US.UTF-8", "en-US"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("zh-Hans", "zh-Hans"),
        ("es-419", "es-419"),
        ("sr-Latn-RS", "sr-Latn-RS"),
        ("fil-PH", "fil-PH"),
        ("ca-ES-valencia", "ca-ES"),
        ("de-CH-1996", "de-CH"),
        ("ar-EG-u-nu-latn", "ar-EG"),
        ("zh-yue-HK", "zh-HK"),
        (" fr-FR ", "fr-FR"),
        ("", ""),
        ("*", ""),
        ("C", ""),
        ("c", ""),
        ("und", ""),
        ("zxx", ""),
        ("undefined", ""),
        ("null", ""),
        ("english", ""),
        ("123", ""),
        ("<script>", ""),
        ("ｄｅ-DE", ""),
    ],
)
def test_a_language_is_written_as_bcp_47_has_it(told: str, language: str) -> None:
    assert put(put_screen, language=told).language == language


@pytest.mark.parametrize(
    ("told", "header", "language"),
    [
        ("", "de-DE,de;q=0.9,en-US;q=0.8", "de-DE"),
        ("", "fr;q=0.9, en", "fr"),
        ("", "*, nl-BE;q=0.5", "nl-BE"),
        ("", "*", ""),
        ("", ",,;q=1", ""),
        ("pt-BR", "en-US", "pt-BR"),
        ("undefined", "en-US,en;q=0.9", "en-US"),
    ],
)
def test_the_page_tells_the_language_else_the_header_does(told: str, header: str, language: str) -> None:
    assert put(put_screen, language=told, accept_language=header).language == language
