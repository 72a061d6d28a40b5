"""What `strict` mode does differently, and the record of it."""

from hiface_pl.evaluation.realy.mode import Mode


class Deviations:
    """Says whether guards may act, and keeps one sentence for each that did. In `official` mode none may."""

    def __init__(self, mode: Mode) -> None:
        self.allowed = mode is Mode.STRICT
        self._sentences: list[str] = []

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each deviation once, in the order of acting."""
        return tuple(dict.fromkeys(self._sentences))

    def note(self, sentence: str) -> None:
        """Remembers that a guard acted."""
        self._sentences.append(sentence)
