"""One loaded network and many photos: what the command line calls."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from hiface_pl.inference.detector import FaceDetector
from hiface_pl.inference.exports.bundle import FaceExporter
from hiface_pl.inference.exports.fitted_landmarks import write_fitted_landmarks
from hiface_pl.inference.look_threads import threads_for_a_look
from hiface_pl.inference.photo import read_photo
from hiface_pl.inference.reconstruct import FaceResult, PhotoResult, reconstruct_faces
from hiface_pl.inference.refiner import FittedLandmarks, Refiner
from hiface_pl.inference.sheet import TILE, SheetMaker
from hiface_pl.paths import writable_folder
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.report.tiles import Tile


@dataclass(frozen=True)
class FaceFiles:
    """What was written about one face, the sheet first; the first row of that sheet; errors of the landmark fit where there was one."""

    folder: Path
    files: list[Path]
    seen: list[Tile]
    fitted: FittedLandmarks | None


@dataclass(frozen=True)
class PhotoFiles:
    """The faces of one photo, the largest first, and how many more were seen but left out."""

    faces: list[FaceFiles]
    left_out: int


class Session:
    """Reconstructs photos on the CPU with one network; everything that depends on its face model only is made once."""

    def __init__(
        self, reconstructor: Reconstructor, detector: FaceDetector, meshes: bool = True, tile: int = TILE, refiner: Refiner | None = None
    ) -> None:
        """`meshes` asks for OBJ and GLB files, `tile` is the side in pixels of each picture on the sheets, `refiner` corrects faces."""
        self.reconstructor = reconstructor.cpu().eval()
        self.detector = detector
        self.meshes = meshes
        self.refiner = refiner
        self.sheets = SheetMaker(self.reconstructor, tile)
        self.exporter = FaceExporter(self.reconstructor.assets)
        self.workers = torch.get_num_threads()

    def reconstruct(self, path: Path, folder: Path) -> PhotoFiles:
        """Looks at one photo and writes everything about it. Raises PhotoError or OutputError."""
        return self.write_all(self.look(path), folder)

    def write_all(self, found: PhotoResult, folder: Path) -> PhotoFiles:
        """Writes everything about one photo into `folder`, several faces into face-1, face-2 ... there. Raises OutputError."""
        several = len(found.faces) > 1
        folders = [folder / f"face-{number}" if several else folder for number in range(1, len(found.faces) + 1)]
        return PhotoFiles([self.write(face, place) for face, place in zip(found.faces, folders, strict=True)], found.left_out)

    def look(self, path: Path) -> PhotoResult:
        """The faces of one photo. Raises PhotoError."""
        with threads_for_a_look(self.reconstructor.encoder):
            return reconstruct_faces(read_photo(path), self.detector, self.reconstructor, self.refiner)

    def write(self, result: FaceResult, folder: Path) -> FaceFiles:
        """Writes everything about one face on as many threads as torch might use when the session began. Raises OutputError."""
        sheet = writable_folder(folder) / "sheet.png"
        with ThreadPoolExecutor(self.workers) as workers:
            drawing = self.sheets.start(result, workers)
            exported = [workers.submit(self.exporter.write_numbers, result.reconstruction, result.crop, folder)]
            if self.meshes:
                exported.append(workers.submit(self.exporter.write_meshes, result.reconstruction, folder))
            seen = drawing.finish(sheet)
            files = [sheet, *(path for written in exported for path in written.result())]
        if result.fitted is not None:
            files += write_fitted_landmarks(result.fitted, result.view, folder)
        return FaceFiles(folder, files, seen, result.fitted)
