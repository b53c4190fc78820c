"""Curves over the size of the library, as one SVG file: a small picture for each group of figures.

Both axes are logarithmic, so what grows in step with the library is a line of the same slope.
"""

import math
from html import escape
from pathlib import Path

Figures = dict[str, object]

PANELS = {
    "Start, seconds": ("start: window painted, s", "start: first answer, s"),
    "Memory of the window, MB": ("start: memory of the window, MB",),
    "Answers, milliseconds": (
        "search: vectors p50, ms",
        "search: words to hits, without the model, p50, ms",
        "search: filter of 1 % p50, ms",
        "search: filter of 50 % p50, ms",
    ),
    "In the background, seconds": (
        "rebuild: divided in lists, s",
        "duplicates: collect, s",
        "hashes: all pairs within 8 bits, s",
    ),
}
_COLOURS = ("#2563eb", "#dc2626", "#059669", "#d97706")
_WIDTH, _HEIGHT, _EDGE = 420, 300, 54


def draw_curves(results: dict[str, Figures], path: Path) -> None:
    """Write the curves of all figures in `PANELS` that were measured."""
    parts = [
        _panel(title, names, results, column % 2 * _WIDTH, column // 2 * _HEIGHT)
        for column, (title, names) in enumerate(PANELS.items())
    ]
    width, height = 2 * _WIDTH, math.ceil(len(PANELS) / 2) * _HEIGHT
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
        + "".join(parts)
        + "</svg>\n",
        "utf-8",
    )


def _panel(
    title: str, names: tuple[str, ...], results: dict[str, Figures], left: int, top: int
) -> str:
    curves = {name: _points(name, results) for name in names}
    points = [point for curve in curves.values() for point in curve]
    head = f'<text x="{left + _EDGE}" y="{top + 20}" font-size="14">{escape(title)}</text>'
    if not points:
        return head
    columns = _decades([x for x, _ in points])
    rows = _decades([y for _, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - columns[0]) / (columns[-1] - columns[0])
        up = (math.log10(y) - rows[0]) / (rows[-1] - rows[0])
        return (
            left + _EDGE + across * (_WIDTH - 2 * _EDGE),
            top + _HEIGHT - _EDGE - up * (_HEIGHT - 2 * _EDGE),
        )

    parts = [head]
    for power in columns:
        x, y = place(10**power, 10 ** rows[0])
        label = f"{10**power:,}"
        parts.append(f'<text x="{x:.0f}" y="{y + 16:.0f}" text-anchor="middle">{label}</text>')
    for power in rows:
        x, y = place(10 ** columns[0], 10**power)
        end, _ = place(10 ** columns[-1], 10**power)
        parts.append(
            f'<line x1="{x:.0f}" y1="{y:.0f}" x2="{end:.0f}" y2="{y:.0f}" stroke="#ddd"/>'
            f'<text x="{x - 6:.0f}" y="{y + 4:.0f}" text-anchor="end">{10**power:g}</text>'
        )
    for number, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        placed = [place(x, y) for x, y in curve]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in placed)
        parts.append(
            f'<g fill="{colour}"><polyline points="{line}" fill="none" stroke="{colour}"'
            f' stroke-width="2"/>{dots}<text x="{left + _EDGE + 8}"'
            f' y="{top + 38 + 14 * number}">{escape(name.partition(": ")[2])}</text></g>'
        )
    return "".join(parts)


def _points(name: str, results: dict[str, Figures]) -> list[tuple[float, float]]:
    found = ((int(size), figures.get(name)) for size, figures in results.items())
    return sorted((x, float(y)) for x, y in found if isinstance(y, int | float) and y > 0)


def _decades(values: list[float]) -> list[int]:
    low = math.floor(math.log10(min(values)))
    return list(range(low, max(math.ceil(math.log10(max(values))), low + 1) + 1))
