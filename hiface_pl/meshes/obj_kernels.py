"""The compiled part of `read_obj`: one walk over the bytes of a Wavefront OBJ file.

A number with at most 15 digits and a power of ten of at most 22 is the quotient or product of two numbers that double precision has
exactly, so that one division or multiplication rounds it as Python's float() does (Clinger, 1990). Other numbers are left to Python.
"""

from typing import no_type_check

import numba
import numpy as np

compiled = numba.njit(nogil=True, cache=True, error_model="numpy")

SPACE, TAB, NEWLINE, RETURN, HASH, PLUS, MINUS, DOT, SLASH, ZERO, NINE = (ord(letter) for letter in " \t\n\r#+-./09")
VERTEX, FACE, EXPONENT = ord("v"), ord("f"), ord("e")
LOWER = 32
"""What makes a capital letter a small one."""
DIGITS, TENS = 15, 22
POWERS = np.array([10.0**power for power in range(TENS + 1)])
FINE, FEW_NUMBERS, CORNERS, NO_INTEGER = range(4)
"""What a walk ends with: a whole file, or the first line that cannot be read."""


@compiled
@no_type_check
def walk(text, vertices, quads, hard):
    """Fills `vertices` (v, 3), `quads` (f, 4) with indices from 0, -1 behind a triangle, and `hard` (3 v, 3) with the row, column and place
    of the numbers left to Python. All have room for as many rows as the file has lines.

    Returns what it ends with, where in `text`, and how many rows of the three were filled.
    """
    place, vertex_count, face_count, hard_count, end = 0, 0, 0, 0, len(text)
    while place < end:
        place = _over_blanks(text, place)
        kind = text[place] if place < end and _ends_word(text, place + 1) else 0
        if kind == VERTEX:
            start, place = place, place + 1
            for axis in range(3):
                place = _over_blanks(text, place)
                if _is_end(text, place):
                    return FEW_NUMBERS, start, vertex_count, face_count, hard_count
                first = place
                vertices[vertex_count, axis], place, simple = _number(text, place)
                if not simple:
                    hard[hard_count, 0], hard[hard_count, 1], hard[hard_count, 2] = vertex_count, axis, first
                    hard_count += 1
            vertex_count += 1
        elif kind == FACE:
            start, place, corner = place, _over_blanks(text, place + 1), 0
            quads[face_count, 3] = -1
            while not _is_end(text, place):
                if corner == 4:
                    return CORNERS, start, vertex_count, face_count, hard_count
                first = place
                index, place, simple = _integer(text, place)
                if not simple:
                    return NO_INTEGER, first, vertex_count, face_count, hard_count
                index = index - 1 if index >= 0 else vertex_count + index
                quads[face_count, corner] = index if index >= 0 else -2
                corner += 1
                place = _over_blanks(text, place)
            if corner < 3:
                return CORNERS, start, vertex_count, face_count, hard_count
            face_count += 1
        while place < end and not _is_newline(text[place]):
            place += 1
        place += 1
    return FINE, end, vertex_count, face_count, hard_count


@compiled
@no_type_check
def _is_blank(letter):
    return letter == SPACE or letter == TAB  # noqa: PLR1714 - a set is slow where it is compiled


@compiled
@no_type_check
def _is_newline(letter):
    return letter == NEWLINE or letter == RETURN  # noqa: PLR1714


@compiled
@no_type_check
def _over_blanks(text, place):
    while place < len(text) and _is_blank(text[place]):
        place += 1
    return place


@compiled
@no_type_check
def _is_end(text, place):
    """Whether nothing but a comment follows on the line."""
    return place >= len(text) or _is_newline(text[place]) or text[place] == HASH


@compiled
@no_type_check
def _ends_word(text, place):
    return place >= len(text) or _is_blank(text[place]) or _is_newline(text[place])


@compiled
@no_type_check
def _over_word(text, place):
    while not _ends_word(text, place):
        place += 1
    return place


@compiled
@no_type_check
def _integer(text, place):
    """The integer at the beginning of a word, where the word ends, and whether it is one; what follows a slash is passed over."""
    negative, value = text[place] == MINUS, 0
    if negative or text[place] == PLUS:
        place += 1
    first = place
    while place < len(text) and ZERO <= text[place] <= NINE:
        value = 10 * value + (np.int64(text[place]) - ZERO)
        place += 1
    good = 0 < place - first <= DIGITS and (_ends_word(text, place) or text[place] == SLASH)
    return (-value if negative else value), _over_word(text, place), good


@compiled
@no_type_check
def _number(text, place):
    """The number that a word is, where the word ends, and whether it could be told here."""
    negative, value, digits, power = text[place] == MINUS, 0, 0, 0
    if negative or text[place] == PLUS:
        place += 1
    first, points = place, 0
    while place < len(text) and (ZERO <= text[place] <= NINE or (text[place] == DOT and points == 0)):
        if text[place] == DOT:
            points = 1
        else:
            digits += 1 if value > 0 or text[place] > ZERO else 0
            value = 10 * value + (np.int64(text[place]) - ZERO) if digits <= DIGITS else value
            power -= points
        place += 1
    good = place - first > points and digits <= DIGITS
    if place < len(text) and (text[place] | LOWER) == EXPONENT:
        exponent, place, whole = _exponent(text, place + 1)
        power, good = power + exponent, good and whole
    end = _over_word(text, place)
    good = good and end == place and -TENS <= power <= TENS
    if not good:
        return 0.0, end, False
    result = value * POWERS[power] if power >= 0 else value / POWERS[-power]
    return (-result if negative else result), end, True


@compiled
@no_type_check
def _exponent(text, place):
    """A power of ten, where it ends, and whether it has digits, at most four."""
    negative, value = place < len(text) and text[place] == MINUS, 0
    if place < len(text) and (negative or text[place] == PLUS):
        place += 1
    first = place
    while place < len(text) and ZERO <= text[place] <= NINE and place - first < 5:
        value = 10 * value + (np.int64(text[place]) - ZERO)
        place += 1
    return (-value if negative else value), place, 0 < place - first <= 4
