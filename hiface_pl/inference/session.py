"""One loaded network and many photos: what the command line and the demo call."""

from pathlib import Path

from hiface_pl.inference.detector import FaceDetector
from hiface_pl.inference.exports.bundle import FaceExporter
from hiface_pl.inference.photo import read_photo
from hiface_pl.inference.reconstruct import FaceResult, reconstruct_photo
from hiface_pl.inference.sheet import TILE, SheetMaker
from hiface_pl.paths import writable_folder
from hiface_pl.reconstructor import Reconstructor


class Session:
    """Reconstructs photos on the CPU with one network; everything that depends on its face model only is made once."""

    def __init__(self, reconstructor: Reconstructor, detector: FaceDetector, meshes: bool = True, tile: int = TILE) -> None:
        """`meshes` asks for OBJ and GLB files, `tile` is the side in pixels of each picture on the sheets."""
        self.reconstructor = reconstructor.cpu().eval()
        self.detector = detector
        self.meshes = meshes
        self.sheets = SheetMaker(self.reconstructor, tile)
        self.exporter = FaceExporter(self.reconstructor.assets)

    def reconstruct(self, path: Path, folder: Path) -> list[Path]:
        """Writes everything about one photo into `folder`; the first path is the sheet. Raises PhotoError or OutputError."""
        result: FaceResult = reconstruct_photo(read_photo(path), self.detector, self.reconstructor)
        writable_folder(folder)
        return [self.sheets.write(result, folder / "sheet.png"), *self.exporter.write(result, folder, self.meshes)]
