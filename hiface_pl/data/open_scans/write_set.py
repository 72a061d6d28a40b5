"""Writes an open scan set, a subject at a time; whatever ends the process leaves a folder that the same call goes on with."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

from hiface_pl.data.engines.work import GeneratorFactory
from hiface_pl.data.open_scans.layout import META, SCALES, truth_path
from hiface_pl.data.open_scans.meta import ScanSetMeta, read_meta
from hiface_pl.data.open_scans.seating import SPLIT, draw_frame
from hiface_pl.data.open_scans.subject_maker import Files, SubjectMaker
from hiface_pl.data.store_file import partial_folder
from hiface_pl.data.writer_lock import WriterLock
from hiface_pl.errors import EvaluationError, OutputError, StoreError
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.paths import keep_names, replacing, writable_folder
from hiface_pl.processes import spread
from hiface_pl.synthesis.generator import VERSION, Generator

Progress = Callable[[int, int], None]
"""Told how many subjects are written, and of how many."""
LOCK = "writer.lock"


@dataclass(frozen=True)
class SubjectWork:
    """Who makes subjects, in a form that travels to other processes: each makes its generator once."""

    factory: GeneratorFactory
    key: str = field(default_factory=lambda: uuid4().hex)


_resident: dict[str, SubjectMaker] = {}


def make_subject(work: SubjectWork, subject: int) -> tuple[int, Files]:
    """A subject's files, made in whichever process calls."""
    if work.key not in _resident:
        _resident.clear()
        _resident[work.key] = SubjectMaker(work.factory())
    return subject, _resident[work.key].make(subject)


def meta_of(generator: Generator, subjects: int) -> ScanSetMeta:
    """What a set of this generator's first subjects says about itself."""
    model = generator.assets.model
    if generator.split != SPLIT or generator.detail != "outside":
        raise ValueError(f"an open scan set is made of split {SPLIT} with detail outside the bases")
    return ScanSetMeta(
        subjects=subjects,
        seed=generator.seed,
        image_size=generator.image_size,
        face_model=model.name,
        fingerprint=model.fingerprint,
        bases=BASES,
        generator=VERSION,
        model_licence=model.licence,
    )


def is_finished(folder: Path, meta: ScanSetMeta) -> bool:
    """Whether the folder holds this very set already. Raises StoreError where it holds something else."""
    if not folder.exists():
        return False
    try:
        found = read_meta(folder)
    except EvaluationError as error:
        raise StoreError(f"{folder} exists and is not an open scan set of this version: remove it or name another folder") from error
    if found != meta:
        raise StoreError(f"{folder} holds another open scan set ({found.summary}): remove it or name another folder")
    return True


def write_set(folder: Path, factory: GeneratorFactory, subjects: int, jobs: int = 1, progress: Progress | None = None) -> ScanSetMeta:
    """Writes the set, or those of its subjects that an interrupted run left out; a finished one is left as it is.

    Raises StoreError where another set lies there or is being written, OutputError where it cannot be written or a process was killed.
    """
    generator = factory()
    meta = meta_of(generator, subjects)
    if is_finished(folder, meta):
        return meta
    work = SubjectWork(factory)
    begun = partial_folder(folder)
    with _begun(begun, folder, meta) as missing:
        if jobs == 1 and missing:
            _resident[work.key] = SubjectMaker(generator)
        done = subjects - len(missing)
        with _made(work, missing, jobs) as made:
            for count, (_, files) in enumerate(made, start=done + 1):
                _write(begun, files)
                if progress is not None:
                    progress(count, subjects)
        _finish(begun, folder, meta)
    return meta


@contextmanager
def _made(work: SubjectWork, missing: Sequence[int], jobs: int) -> Iterator[Iterator[tuple[int, Files]]]:
    if jobs == 1 or len(missing) <= 1:
        yield (make_subject(work, subject) for subject in missing)
    else:
        with spread(partial(make_subject, work), missing, jobs, "makes subjects") as made:
            yield made


@contextmanager
def _begun(begun: Path, folder: Path, meta: ScanSetMeta) -> Iterator[list[int]]:
    """The subjects that are missing in the unfinished folder, which nobody else writes meanwhile."""
    lock = WriterLock(writable_folder(begun) / LOCK, folder)
    try:
        if (begun / META).exists() and read_meta(begun) != meta:
            raise StoreError(
                f"{begun} was begun with other settings ({read_meta(begun).summary}): remove it, or give the command that began it"
            )
        for remains in begun.rglob(".*"):
            remains.unlink(missing_ok=True)
        _write(begun, {Path(META): meta.to_json().encode()})
        yield [subject for subject in range(1, meta.subjects + 1) if not (begun / truth_path(subject)).exists()]
    finally:
        lock.release()


def _write(folder: Path, files: Files) -> None:
    for path, content in files.items():
        with replacing(folder / path) as temporary:
            temporary.write_bytes(content)


def _finish(begun: Path, folder: Path, meta: ScanSetMeta) -> None:
    scales = "".join(f"{draw_frame(meta.seed, subject).millimetres:.6f}\n" for subject in range(1, meta.subjects + 1))
    _write(begun, {Path(SCALES): scales.encode()})
    try:
        (begun / LOCK).unlink()
        begun.replace(folder)
        keep_names(folder.parent)
    except OSError as error:
        raise OutputError(f"cannot rename {begun} to {folder} ({error.strerror}): rename it by hand") from error
