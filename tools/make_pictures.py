"""Draws the plates of the sample edition into reader/sample/pictures: python tools/make_pictures.py (needs Pillow).

Every plate is drawn at three times its size in one ink and reduced, which softens the lines as printing does, and is
saved in sixteen shades between ink and paper, so that the nine of them together stay well under 400 KB.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).resolve().parent.parent / "reader" / "sample" / "pictures"
PAPER, INK = (246, 241, 231), (31, 27, 22)
SCALE, SHADES = 3, 16
Point = tuple[float, float]


class Plate:
    """A sheet of paper measured in final pixels, from the top left."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.image = Image.new("L", (width * SCALE, height * SCALE), 255)
        self.draw = ImageDraw.Draw(self.image)
        self.box(10, 10, width - 10, height - 10, 2)
        self.box(15, 15, width - 15, height - 15, 0.7)

    def line(self, points: Sequence[Point], width: float = 1.4, grey: int = 0) -> None:
        """A line through all points."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.draw.line(scaled, fill=grey, width=max(1, round(width * SCALE)), joint="curve")

    def dashed(self, points: Sequence[Point], width: float = 1.2, dash: int = 4) -> None:
        """Every other `dash` steps of a line that is made of many short ones."""
        for start in range(0, len(points) - 1, dash * 2):
            self.line(points[start : start + dash + 1], width)

    def box(self, left: float, top: float, right: float, bottom: float, width: float = 1.4) -> None:
        """The outline of a rectangle."""
        self.line([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], width)

    def fill(self, points: Sequence[Point], grey: int = 0) -> None:
        """A filled polygon."""
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=grey)

    def disc(self, x: float, y: float, radius: float, grey: int = 0) -> None:
        """A filled circle."""
        self.ellipse(x, y, radius, radius, grey)

    def ellipse(self, x: float, y: float, across: float, down: float, grey: int = 0) -> None:
        """A filled ellipse, by its half axes."""
        corners = ((x - across) * SCALE, (y - down) * SCALE, (x + across) * SCALE, (y + down) * SCALE)
        self.draw.ellipse(corners, fill=grey)

    def ring(self, x: float, y: float, radius: float, width: float = 1.2) -> None:
        """The outline of a circle."""
        self.line(arc(x, y, radius, radius, 0, 360), width)

    def hatch(self, points: Sequence[Point], gap: float = 5, slope: float = 1, width: float = 0.8) -> None:
        """Parallel lines inside a polygon, as an engraver shades."""
        mask = Image.new("1", self.image.size)
        ImageDraw.Draw(mask).polygon([(x * SCALE, y * SCALE) for x, y in points], fill=1)
        lines = Image.new("L", self.image.size, 255)
        pen = ImageDraw.Draw(lines)
        reach = self.height * SCALE
        for start in range(-reach * 2, self.width * SCALE + reach, round(gap * SCALE)):
            pen.line([(start, reach), (start + reach * slope, 0)], fill=0, width=max(1, round(width * SCALE)))
        self.image.paste(lines, mask=mask)

    def text(self, x: float, y: float, words: str, size: float = 17, anchor: str = "mm") -> None:
        """A label that clears the paper around it; `anchor` as Pillow has it."""
        font = ImageFont.load_default(size * SCALE)
        halo = {"stroke_width": 3 * SCALE, "stroke_fill": 255}
        self.draw.text((x * SCALE, y * SCALE), words, fill=0, font=font, anchor=anchor, **halo)

    def label(self, words: str, at: Point, to: Point, anchor: str = "lm") -> None:
        """A label with a line to what it names."""
        x, y = at
        self.line([(x - 6 if anchor[0] == "l" else x + 6, y), to], 0.9)
        self.disc(*to, 2.6)
        self.text(x, y, words, anchor=anchor)

    def save(self, name: str) -> None:
        """Print it."""
        small = self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        shades = small.point([round(level / 255 * (SHADES - 1)) for level in range(256)])
        palette = [
            round(ink + (paper - ink) * shade / (SHADES - 1))
            for shade in range(SHADES)
            for ink, paper in zip(INK, PAPER, strict=True)
        ]
        shades = shades.convert("P")
        shades.putpalette(palette)
        FOLDER.mkdir(parents=True, exist_ok=True)
        shades.save(FOLDER / f"{name}.png", optimize=True, bits=4)


def arc(x: float, y: float, across: float, down: float, start: float, end: float, steps: int = 180) -> list[Point]:
    """Points on an ellipse; degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles]


def curve(points: Sequence[Point], steps: int = 24) -> list[Point]:
    """A smooth line through points (Catmull-Rom)."""
    ends = [points[0], *points, points[-1]]
    smooth = []
    for p0, p1, p2, p3 in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(steps):
            t = step / steps
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
            near = tuple(zip(weights, (p0, p1, p2, p3), strict=True))
            smooth.append((sum(w * p[0] for w, p in near) / 2, sum(w * p[1] for w, p in near) / 2))
    return [*smooth, points[-1]]


def rectangle(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """Its four corners."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def cable() -> None:
    """A deep-sea telegraph cable in section."""
    plate, x, y = Plate(880, 460), 300, 230
    strands = 10
    for number in range(strands):
        angle = math.tau * number / strands
        at = x + 150 * math.cos(angle), y + 150 * math.sin(angle)
        plate.disc(*at, 41)
        plate.disc(*at, 39.5, 255)
        plate.hatch(arc(*at, 40, 40, 0, 360), 4)
        plate.disc(*at, 17)
        plate.disc(*at, 15.5, 255)
        plate.disc(*at, 11, 60)
    plate.ring(x, y, 196, 2.2)
    plate.disc(x, y, 106)
    plate.disc(x, y, 104, 255)
    plate.hatch(arc(x, y, 104, 104, 0, 360), 3, -1)
    plate.disc(x, y, 82, 0)
    plate.disc(x, y, 80, 255)
    for radius in (50, 58, 66, 74):
        plate.ring(x, y, radius, 0.7)
    for number in range(7):
        angle = math.tau * number / 6
        at = (x, y) if number == 6 else (x + 27 * math.cos(angle), y + 27 * math.sin(angle))
        plate.disc(*at, 13.2)
    plate.label("Seven copper wires, the conductor", (560, 110), (312, 222))
    plate.label("Gutta-percha, in layers", (560, 170), (354, 196))
    plate.label("Padding of tarred hemp", (560, 230), (396, 236))
    plate.label("Ten wires of iron,", (560, 290), (421, 318))
    plate.text(560, 312, "each wrapped in hemp", anchor="lm")
    plate.text(560, 372, "About twenty-eight millimetres across", 15, "lm")
    plate.save("cable")


def telegraph_key() -> None:
    """A straight key, from the side."""
    plate = Plate(880, 460)
    base = rectangle(150, 330, 730, 372)
    plate.hatch(base, 6)
    plate.line([*base, base[0]], 2)
    plate.line([(120, 392), (760, 392)], 2)
    plate.line([(150, 372), (150, 392)], 1)
    plate.line([(730, 372), (730, 392)], 1)
    lever = [(196, 232), (420, 214), (600, 226), (676, 222), (676, 234), (600, 240), (420, 242), (196, 246), (196, 232)]
    plate.fill(lever, 255)
    plate.line(lever, 2)
    plate.hatch(lever, 4)
    post = [(396, 330), (406, 250), (400, 200), (440, 200), (434, 250), (444, 330), (396, 330)]
    plate.fill(post, 255)
    plate.line(post, 2)
    plate.disc(420, 228, 11)
    plate.disc(420, 228, 7, 255)
    plate.disc(420, 228, 3)
    for top, x, low in ((236, 560, 330), (242, 230, 330)):
        plate.line([(x, top), (x, 288 if x == 560 else 300)], 7)
        plate.line([(x, 306 if x == 560 else 304), (x, low)], 7)
        plate.line([(x - 14, low), (x + 14, low)], 3)
    spring = [(306 + 13 * math.sin(step * 0.9), 244 + step * 86 / 60) for step in range(61)]
    plate.line(spring, 1.6)
    plate.fill([(640, 196), (716, 196), (708, 216), (648, 216)], 0)
    plate.ellipse(678, 190, 52, 14)
    plate.ellipse(678, 186, 50, 11, 255)
    plate.ellipse(678, 186, 46, 8, 200)
    plate.line([(678, 214), (664, 226)], 6)
    plate.disc(190, 239, 14)
    plate.disc(190, 239, 11, 255)
    plate.line([(181, 239), (199, 239)], 1.4)
    plate.line(curve([(230, 330), (226, 420), (170, 424), (100, 424)]), 1.6)
    plate.line(curve([(420, 372), (424, 410), (500, 424), (640, 424), (780, 424)]), 1.6)
    plate.label("Knob", (748, 120), (690, 182))
    plate.label("Lever", (540, 110), (510, 222))
    plate.label("Trunnion", (440, 76), (420, 222))
    plate.label("Spring", (262, 120), (306, 262), "rm")
    plate.label("Gap adjustment", (180, 172), (190, 232), "mm")
    plate.label("Contacts", (620, 298), (562, 298))
    plate.text(100, 404, "to the battery", 14, "lm")
    plate.text(782, 404, "to the line", 14, "rm")
    plate.save("telegraph-key")


def halftone() -> None:
    """A band of dots from dark to light, and a part of it enlarged."""
    plate = Plate(880, 400)
    left, right, gap = 60, 820, 7.0
    turn = math.radians(45)
    for row in range(-90, 90):
        for column in range(-90, 90):
            x = 440 + (row * math.cos(turn) - column * math.sin(turn)) * gap
            y = 110 + (row * math.sin(turn) + column * math.cos(turn)) * gap
            if left < x < right and 50 < y < 170:
                plate.disc(x, y, gap * 0.70 * math.sqrt(1 - (x - left) / (right - left)))
    plate.box(left, 50, right, 170, 1.4)
    plate.box(406, 92, 446, 112, 1.6)
    plate.line([(406, 112), (250, 220)], 0.9)
    plate.line([(446, 112), (630, 220)], 0.9)
    magnified = 33.0
    for row in range(-9, 10):
        for column in range(-9, 10):
            x = 440 + (row * math.cos(turn) - column * math.sin(turn)) * magnified
            y = 290 + (row * math.sin(turn) + column * math.cos(turn)) * magnified
            radius = magnified * (0.50 - (x - 250) / 380 * 0.06)
            if 250 + radius < x < 630 - radius and 220 + radius < y < 360 - radius:
                plate.disc(x, y, radius)
    plate.box(250, 220, 630, 360, 1.6)
    plate.text(240, 290, "enlarged", 15, "rm")
    plate.text(640, 290, "one ink, no grey", 15, "lm")
    plate.save("halftone")


def outward() -> None:
    """The path of Voyager 2 past four planets, not to scale."""
    plate, sun = Plate(880, 460), (250.0, 300.0)
    orbits = {"Jupiter": (100, 10), "Saturn": (180, -30), "Uranus": (290, -26), "Neptune": (430, -12)}
    planets = {}
    for name, (radius, angle) in orbits.items():
        points = arc(*sun, radius, radius, 0, 360, 360)
        inside = [point if 22 < point[0] < 858 and 22 < point[1] < 438 else None for point in points]
        run: list[Point] = []
        for point in [*inside, None]:
            if point is not None:
                run.append(point)
                continue
            if len(run) > 1:
                plate.line(run, 0.9)
            run = []
        turn = math.radians(angle)
        planets[name] = (sun[0] + radius * math.cos(turn), sun[1] + radius * math.sin(turn))
    plate.disc(*sun, 15)
    plate.disc(*sun, 13, 255)
    plate.disc(*sun, 4)
    for ray in range(12):
        turn = math.tau * ray / 12
        plate.line([(sun[0] + r * math.cos(turn), sun[1] + r * math.sin(turn)) for r in (19, 26)], 1)
    earth = (sun[0] - 18, sun[1] + 38)
    plate.ring(*sun, math.dist(sun, earth), 0.9)
    plate.disc(*earth, 4)
    path = curve([earth, (300, 352), *planets.values(), (790, 246), (846, 300)])
    plate.line(path, 2.4)
    plate.fill([(846, 300), (829, 288), (842, 281)])
    for number, (name, at) in enumerate(planets.items()):
        radius = (11, 9, 7, 7)[number]
        plate.disc(*at, radius)
        plate.disc(*at, radius - 1.6, 255)
        plate.hatch(arc(*at, radius - 1.6, radius - 1.6, 0, 360), 3)
        if name == "Saturn":
            plate.line(arc(*at, 18, 5, 0, 360), 1.4)
    for name, (x, y), year in (
        ("Jupiter", (392, 352), "1979"),
        ("Saturn", (462, 240), "1981"),
        ("Uranus", (556, 206), "1986"),
        ("Neptune", (700, 178), "1989"),
    ):
        plate.text(x, y - 19, name, 16)
        plate.text(x, y, year, 13)
    plate.text(212, 364, "Earth, 1977", 14)
    plate.text(250, 258, "Sun", 14)
    plate.save("outward")


def orbit() -> None:
    """Halley's comet and the orbits that it crosses, to scale, as seen from above the Earth's orbit."""
    plate, unit, sun = Plate(880, 460), 21.5, (800.0, 230.0)
    half, eccentricity = 17.8, 0.967
    centre = sun[0] - half * eccentricity * unit
    across, down = half * unit, half * math.sqrt(1 - eccentricity**2) * unit
    ellipse = arc(centre, sun[1], across, down, 0, 360, 360)
    for distance in (5.2, 9.5, 19.2, 30.1):
        points = arc(*sun, distance * unit, distance * unit, 90, 270, 360)
        run = [point for point in points if 22 < point[1] < 438]
        plate.line(run, 0.9)
    plate.line(ellipse, 2.4)
    plate.disc(*sun, 6)
    for ray in range(12):
        turn = math.tau * ray / 12
        plate.line([(sun[0] + r * math.cos(turn), sun[1] + r * math.sin(turn)) for r in (10, 15)], 1)
    plate.text(sun[0] - 36, sun[1], "Sun", 15)
    head = ellipse[26]
    for spread in range(-4, 5):
        away = math.atan2(head[1] - sun[1], head[0] - sun[0]) + spread * 0.035
        plate.line([head, (head[0] + 62 * math.cos(away), head[1] + 62 * math.sin(away))], 0.8)
    plate.disc(*head, 5)
    for distance, name in ((5.2, "Jupiter"), (9.5, "Saturn"), (19.2, "Uranus"), (30.1, "Neptune")):
        reach = math.sqrt(max(0.0, (distance * unit) ** 2 - (178 if distance > 6 else 60) ** 2))
        plate.text(sun[0] - reach - 8, 52 if distance > 6 else 130, name, 15, "rm")
    plate.label("1948: farthest from the Sun", (92, 330), (ellipse[180][0], ellipse[180][1] + 3))
    plate.label("1910, 1986 and 2061: nearest", (560, 400), (sun[0] + 0.586 * unit, sun[1] + 2), "rm")
    plate.save("orbit")


def cones() -> None:
    """FitzRoy's storm signals."""
    plate = Plate(880, 380)
    for x, words in ((170, "North cone"), (440, "South cone"), (710, "North cone and drum")):
        plate.line([(x, 60), (x, 300)], 4)
        plate.line([(x - 50, 90), (x + 50, 90)], 2.4)
        plate.disc(x, 58, 5)
        plate.line([(x - 46, 90), (x - 46, 104)], 1)
        plate.line([(x + 3, 90), (x - 60, 300)], 0.8)
        plate.line([(x - 3, 90), (x + 60, 300)], 0.8)
        ground = curve([(x - 100, 306), (x - 40, 298), (x + 40, 298), (x + 100, 306)])
        plate.line(ground, 1.6)
        plate.hatch([*ground, (x + 80, 318), (x - 80, 318)], 4)
        plate.text(x, 342, words, 17)
    for x, upward in ((124, True), (394, False), (664, True)):
        cone = [(x, 104), (x - 32, 160), (x + 32, 160)] if upward else [(x - 32, 104), (x + 32, 104), (x, 160)]
        plate.fill(cone)
    plate.fill(rectangle(634, 178, 694, 232))
    plate.line([(664, 160), (664, 178)], 1)
    plate.save("cones")


def pole() -> None:
    """The circle of the pole among the northern stars; right ascension from the bottom, anticlockwise as in the sky."""
    plate, centre, degree = Plate(880, 560), (440.0, 300.0), 4.6

    def place(hours: float, declination: float) -> Point:
        turn = math.radians(90 - hours * 15)
        radius = (90 - declination) * degree
        return centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)

    plate.ring(*centre, 2, 1)
    plate.line([(centre[0] - 6, centre[1]), (centre[0] + 6, centre[1])], 0.8)
    plate.line([(centre[0], centre[1] - 6), (centre[0], centre[1] + 6)], 0.8)
    pivot = place(18, 66.56)
    plate.dashed(arc(*pivot, 23.44 * degree, 23.44 * degree, 0, 360, 480), 1.4, 3)
    figures = {
        "little bear": [(2.53, 89.3, 5), (17.54, 86.6, 3), (16.77, 82.0, 3), (15.73, 77.8, 3), (14.85, 74.2, 5),
                        (15.35, 71.8, 4), (16.29, 75.8, 3), (15.73, 77.8, 3)],
        "plough": [(13.79, 49.3, 5), (13.40, 54.9, 5), (12.90, 56.0, 5), (12.26, 57.0, 4), (11.06, 61.8, 5),
                   (11.03, 56.4, 4), (11.90, 53.7, 4), (12.26, 57.0, 4)],
        "dragon": [(11.52, 69.3, 3), (12.56, 69.8, 3), (14.07, 64.4, 4), (15.42, 59.0, 4), (16.03, 58.6, 3),
                   (16.40, 61.5, 4), (17.15, 65.7, 4), (18.35, 71.3, 3), (19.21, 67.7, 4), (17.89, 56.9, 3),
                   (17.94, 51.5, 5), (17.51, 52.3, 4)],
        "cassiopeia": [(0.15, 59.1, 5), (0.68, 56.5, 5), (0.95, 60.7, 5), (1.43, 60.2, 4), (1.91, 63.7, 3)],
        "cepheus": [(21.31, 62.6, 4), (21.48, 70.6, 4), (23.66, 77.6, 4), (22.83, 66.2, 3), (22.18, 58.2, 3),
                    (21.31, 62.6, 4)],
    }  # fmt: skip
    for stars in figures.values():
        plate.line([place(hours, declination) for hours, declination, _ in stars], 0.8)
    for hours, declination, size in (star for stars in figures.values() for star in stars):
        star(plate, place(hours, declination), size)
    star(plate, place(18.62, 38.8), 8)
    dust = random.Random(1572)  # the faint stars are for the look of it
    for _ in range(110):
        plate.disc(dust.uniform(30, 850), dust.uniform(30, 530), dust.choice((0.7, 0.9, 1.2)))
    for words, at, to in (
        ("Polaris, today", (500, 360), place(2.53, 89.3)),
        ("Thuban, 2800 BC", (560, 210), place(14.07, 64.4)),
        ("Vega, in 12,000 years", (150, 440), place(18.62, 38.8)),
    ):
        plate.label(words, at, to)
    for words, x, y in (("PLOUGH", 300, 122), ("CASSIOPEIA", 470, 486), ("DRAGON", 306, 212), ("CEPHEUS", 330, 424)):
        plate.text(x, y, words, 13)
    plate.save("pole")


def star(plate: Plate, at: Point, size: float) -> None:
    """A star of an engraved chart: the larger, the brighter."""
    x, y = at
    plate.disc(x, y, size + 1.6, 255)
    points = [
        (x + r * math.cos(math.tau * n / 12), y + r * math.sin(math.tau * n / 12))
        for n in range(12)
        for r in ((size + 0.6) if n % 2 == 0 else size * 0.45,)
    ]
    plate.fill(points)


def depths() -> None:
    """A section through an ocean, from the coast to a trench."""
    plate, top, metre = Plate(880, 520), 70.0, 0.0375

    def level(depth: float) -> float:
        return top + depth * metre

    course = (
        (20, -700), (70, -260), (120, 0), (190, 130), (236, 300), (290, 2600), (350, 3900), (420, 4300), (470, 3600),
        (510, 2500), (540, 3500), (600, 4600), (690, 5200), (726, 6800), (750, 10800), (762, 10930), (774, 10700),
        (800, 6400), (836, 4200), (860, 3500),
    )  # fmt: skip
    floor = curve([(x, level(depth)) for x, depth in course])
    ground = [*floor, (864, 504), (16, 504)]
    plate.hatch(ground, 6)
    plate.line(floor, 2.6)
    plate.line([(120, top), (864, top)], 1.6)
    for wave in range(126, 856, 26):
        plate.line(curve([(wave, top + 5), (wave + 6, top + 2), (wave + 12, top + 5)], 8), 0.7)
    for depth in (200, 1000, 4000, 6000):
        left = next(x for x, height in floor if height > level(depth) and x > 120)
        plate.dashed([(x, level(depth)) for x in range(round(left), 862, 3)], 0.8, 2)
    for words, x, y in (
        ("Sunlight, to 200 m", 700, top - 14),
        ("Twilight, to 1,000 m", 700, level(600)),
        ("Midnight, to 4,000 m", 700, level(2600)),
        ("Abyss, to 6,000 m", 640, level(5600)),
        ("Hadal, to 11,000 m", 640, level(8600)),
    ):
        plate.text(x, y, words, 14)
    plate.label("Challenger Deep", (640, level(10900)), (756, level(10900)), "rm")
    ship = [(396, 62), (402, 72), (452, 72), (460, 62)]
    plate.fill(ship)
    for mast in (412, 428, 444):
        plate.line([(mast, 62), (mast, 34)], 1.2)
        plate.line([(mast - 7, 42), (mast + 7, 42)], 1)
        plate.line([(mast - 8, 50), (mast + 8, 50)], 1)
    plate.line([(428, 72), (428, level(4250))], 0.8)
    plate.disc(428, level(4220), 3.4)
    plate.text(436, 150, "sounding line", 13, "lm")
    plate.text(76, 48, "coast", 14)
    plate.save("depths")


def letterform() -> None:
    """Three letters between the lines on which they stand."""
    plate, base, x_line, cap, ascender, descender = Plate(880, 460), 300, 180, 130, 112, 364
    for y, words in (
        (ascender, "Ascender"), (cap, "Cap height"), (x_line, "x-height"), (base, "Baseline"), (descender, "Descender"),
    ):  # fmt: skip
        plate.line([(60, y), (680, y)], 2 if y == base else 0.9)
        plate.text(700, y + (4 if y == cap else -4 if y == ascender else 0), words, 16, "lm")
    serif_x(plate, 110, x_line, base)
    letter_h(plate, 270, ascender, x_line, base)
    letter_p(plate, 480, x_line, base, descender)
    plate.save("letterform")


def serif(plate: Plate, x: float, y: float, half: float = 24) -> None:
    """The foot of a stem."""
    plate.fill(rectangle(x - half, y - 6, x + half, y))


def serif_x(plate: Plate, left: float, top: float, base: float) -> None:
    """A small x: one thick stroke, one thin."""
    plate.line([(left + 100, top + 3), (left + 18, base - 3)], 6)
    plate.fill([(left + 4, top), (left + 36, top), (left + 118, base), (left + 86, base)])
    for x, y in ((left + 20, top + 6), (left + 100, top + 6), (left + 18, base), (left + 102, base)):
        serif(plate, x, y, 22)


def letter_h(plate: Plate, left: float, ascender: float, top: float, base: float) -> None:
    """A small h: a stem to the ascender, an arch from it."""
    stem = 25
    plate.fill([(left + 16, ascender + 12), (left + 16 + stem, ascender), (left + 16 + stem, base), (left + 16, base)])
    plate.fill([(left - 6, ascender + 14), (left + 16, ascender + 9), (left + 16, ascender + 20)])
    outer = arc(left + 76, top + 44, 45, 46, 180, 360)
    inner = arc(left + 68, top + 48, 28, 36, 360, 180)
    plate.fill([*outer, (left + 121, base), (left + 96, base), *inner])
    plate.fill([(left + 30, top + 44), (left + 41, top + 20), (left + 41, top + 60)])
    serif(plate, left + 28, base)
    serif(plate, left + 109, base)


def letter_p(plate: Plate, left: float, top: float, base: float, descender: float) -> None:
    """A small p: a stem to the descender, a bowl beside it."""
    stem, middle = 25, (top + base) / 2
    plate.ellipse(left + 78, middle, 58, (base - top) / 2 + 2)
    plate.ellipse(left + 71, middle, 36, (base - top) / 2 - 7, 255)
    plate.fill(rectangle(left - 10, top - 6, left + 16, base + 6), 255)
    for y in (top, base):
        plate.line([(left - 10, y), (left + 16, y)], 2 if y == base else 0.9)
    plate.fill(
        [(left + 16, top + 9), (left + 16 + stem, top - 2), (left + 16 + stem, descender), (left + 16, descender)]
    )
    plate.fill([(left - 4, top + 12), (left + 16, top + 7), (left + 16, top + 18)])
    serif(plate, left + 28, descender)


PLATES: tuple[Callable[[], None], ...] = (
    cable, telegraph_key, halftone, outward, orbit, cones, pole, depths, letterform,
)  # fmt: skip

if __name__ == "__main__":
    for draw in PLATES:
        draw()
