"""What is to be made, in a form that travels to other processes: each of them makes its own generator, once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from typing_extensions import override

from hiface_pl.data.engines.task import Task
from hiface_pl.data.records import coefficient_sizes
from hiface_pl.data.store_meta import StoreMeta
from hiface_pl.errors import StoreError
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.rendering.camera import FOCAL
from hiface_pl.synthesis.generator import VERSION, Generator

GeneratorFactory = Callable[[], Generator]
"""Makes the generator in each process; must be picklable, such as a function of a module or a `functools.partial` of one."""

Record = tuple[int, bytes]
"""A sample's number and its bytes."""


def meta_of(generator: Generator, count: int) -> StoreMeta:
    """What the meta data of `count` samples of this generator say."""
    model = generator.assets.model
    return StoreMeta(
        count=count,
        image_size=generator.image_size,
        seed=generator.seed,
        split=generator.split,
        face_model=model.name,
        fingerprint=model.fingerprint,
        bases=BASES,
        generator=VERSION,
        detail=generator.detail,
        focal=FOCAL,
        sizes=coefficient_sizes(generator.assets),
        views=generator.grouping.views,
        expressions=generator.grouping.expressions,
    )


@dataclass
class Work(Task[int, bytes]):
    """The samples of a store: who makes them, and what the store will say about itself."""

    factory: GeneratorFactory
    meta: StoreMeta
    key: str = field(default_factory=lambda: uuid4().hex)
    _generator: Generator | None = None

    @classmethod
    def of(cls, factory: GeneratorFactory, count: int) -> "Work":
        """The first `count` samples of a generator."""
        generator = factory()
        return cls(factory, meta_of(generator, count), _generator=generator)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_generator": None}

    @override
    def make(self, pieces: Iterable[int]) -> Iterator[Record]:
        """The records of these samples. Raises StoreError where this process would make others than the work asks for."""
        if self._generator is None:
            self._generator = self._checked(self.factory())
        for index in pieces:
            yield index, self.meta.layout.pack(self._generator.sample(index))

    def _checked(self, generator: Generator) -> Generator:
        """Machines may have another version of the project, or another file under the same name."""
        here = meta_of(generator, self.meta.count)
        if here != self.meta:
            raise StoreError(
                f"a machine would make other samples than were asked for ({here.summary} instead of {self.meta.summary}): "
                "install the same version of hiface_pl and the same face model on all of them"
            )
        return generator
