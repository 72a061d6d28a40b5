"""Many photos through one session: the next one is looked at while the files of the last one are written."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from hiface_pl.inference.inputs import is_video
from hiface_pl.inference.reconstruct import PhotoResult
from hiface_pl.inference.session import Session


class LookAhead:
    """Looks at photos in their order, at most one of them ahead of its turn, so that memory holds two. Leave it to stop.

    What is wrong with a photo is raised when its turn comes. Nothing is ahead while a video is worked on: it needs the session's detector.
    """

    def __init__(self, session: Session, files: Sequence[Path]) -> None:
        """`files` may be photos and videos."""
        self._session, self._files = session, files
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="look-ahead")
        self._ahead: Future[PhotoResult] | None = None

    def look(self, number: int) -> PhotoResult:
        """The faces of the photo at this place in `files`; places must not fall. Raises PhotoError."""
        waiting, self._ahead = self._ahead, None
        found = self._session.look(self._files[number]) if waiting is None else waiting.result()
        following = self._files[number + 1 : number + 2]
        if following and not is_video(following[0]):
            self._ahead = self._beside.submit(self._session.look, following[0])
        return found

    def __enter__(self) -> "LookAhead":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._beside.shutdown(cancel_futures=True)
