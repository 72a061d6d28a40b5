"""A simulated scanner: points on what cameras around the face see of a person's detailed surface, and triangles of its own over them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from hiface_pl.data.open_scans.blue_noise import MeshPoints, sample_points
from hiface_pl.data.open_scans.chart_mesh import cut_out, triangulate
from hiface_pl.data.open_scans.cuts import region_cuts
from hiface_pl.details.displacement import DetailedMesh, Displacer
from hiface_pl.errors import FaceModelError
from hiface_pl.evaluation.realy.keypoint_sets import RIGID
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.face_models.chart import FaceChart, smooth_step
from hiface_pl.face_models.face_model import FaceModel, Part, SurfacePoints, split_quads
from hiface_pl.meshes.closest import SurfaceTree
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.rendering.rasterizers.kernels import zbuffer
from hiface_pl.synthesis.drawing.face import device_coordinates
from hiface_pl.synthesis.placement import Turn

LEVELS = 2
"""Subdivisions of the true surface: what the displacement maps hold is all in it (see `Displacer.of`)."""
NOISE = 0.05
"""Standard deviation of the points along the surface's normal, mm. Our choice: a good scanner's."""
APART = {Region.NOSE: 0.75, Region.MOUTH: 1.0}
APART_ELSEWHERE = 1.1
"""Least distance of the scan's points, mm; triangles' edges are a quarter longer. Our choice: two to six thousand vertices a region."""
BLEND, MARGIN = 6.0, 6.0
"""Millimetres over which that distance changes beyond a region's border, and that are scanned beyond the outer border, then cut off."""
CAMERAS = ((0, 0), (-45, 0), (45, 0), (-25, -35), (25, -35), (0, 30), (-75, 0), (75, 0))
"""Yaw and pitch of the head as each camera sees it, degrees; pitch below zero shows it from below. Our choice."""
PIXELS, DISTANCE = 1024, 1100.0
KEYPOINTS_USED = sorted({point for points in RIGID.values() for point in points})
AROUND_EYE = 6.0
"""Skin within so many mm of an eyeball's visible part says where in the chart that part belongs."""


@dataclass(frozen=True)
class PersonScan:
    """What a scan of one person gives, mm in the model frame: region meshes with noise, and keypoints exactly on the true surface."""

    regions: Mapping[Region, TriangleMesh]
    keypoints: Float64[np.ndarray, "85 3"]


class Scanner:
    """Scans people of one face model. Raises FaceModelError where the model does not bring REALY's 85 keypoints."""

    def __init__(self, model: FaceModel) -> None:
        if model.keypoints85 is None:
            raise FaceModelError(f"the face model {model.name} brings no 85 keypoints, which scans are compared by: name another one")
        self._model = model
        self._displacer = Displacer.of(model, LEVELS)
        subdivision = self._displacer.subdivision
        self._triangles, face = split_quads(subdivision.quads)
        self._chart_triangles = split_quads(np.where(subdivision.quads < 0, -1, subdivision.uv_quads).astype(np.int32))[0]
        self._part = self._displacer.topology.part[face]
        self._cuts = {region: subdivision.positions @ cut for region, cut in region_cuts(model, FaceChart.of(model)).items()}
        self._apart = _distances(self._cuts)
        near = np.maximum.reduce(list(self._cuts.values()))[self._triangles].max(axis=1) > -MARGIN
        self._wanted = near & np.isin(self._part, (Part.SKIN, Part.LEFT_EYE, Part.RIGHT_EYE))
        self._keypoints = self._placed(subdivision.carry(model.keypoints85))

    def scan(self, rng: np.random.Generator, neutral: Float32[np.ndarray, "v 3"], static: Float32[np.ndarray, "r r"]) -> PersonScan:
        """The scan of a person whose coarse vertices are `neutral` and whose displacement map is `static`, both mm."""
        surface = self._displacer.displace(neutral, static)
        rows = self._seen(surface)
        points = sample_points(rng, surface.vertices, self._triangles[rows], self._apart, self._keypoints_among(rows))
        points = MeshPoints(rows[points.rows], points.weights)
        places = points.of(surface.vertices, self._triangles)
        normals = points.of(surface.normals, self._triangles)
        triangles = triangulate(self._chart(points, places), places)
        noisy = places + rng.normal(0, NOISE, (len(places), 1)) * normals
        keypoints = self._keypoints.of(surface.vertices, self._triangles)
        regions = {}
        for region, cut in self._cuts.items():
            regions[region] = cut_out(noisy, triangles, points.of(cut[:, None], self._triangles)[:, 0] > 0)
            if not len(regions[region].triangles):
                raise FaceModelError(f"the keypoints of the face model {self._model.name} leave no {region} to scan: check their order")
        return PersonScan(regions, keypoints)

    def _placed(self, keypoints: SurfacePoints) -> MeshPoints:
        """The keypoints in the true surface's triangles, found on the mean face."""
        mean = self._displacer.subdivision.apply(self._model.mean)
        tree = SurfaceTree(TriangleMesh(mean.astype(np.float64), self._triangles))
        found = tree.closest(keypoints.on(mean).astype(np.float64))
        return MeshPoints(found.triangles.astype(np.int64), found.weights)

    def _keypoints_among(self, rows: Int64[np.ndarray, " k"]) -> MeshPoints:
        """Those in some of the triangles, counted among these. They become points of the scan, as an annotator picks them.

        Our choice: keypoints between points would be snapped to the nearest one by the protocol's non-rigid step, which bends the scan.
        """
        seen = np.flatnonzero(np.isin(self._keypoints.rows, rows))
        return MeshPoints(np.searchsorted(rows, self._keypoints.rows[seen]), self._keypoints.weights[seen])

    def _seen(self, surface: DetailedMesh) -> Int64[np.ndarray, " k"]:
        """Rows of the wanted triangles that any camera sees, or that hold a keypoint that the protocol uses."""
        seen = np.zeros(len(self._triangles) + 1, bool)
        for yaw, pitch in CAMERAS:
            turned = surface.vertices @ Turn(np.deg2rad(yaw), np.deg2rad(pitch), 0.0).matrix.T.astype(np.float32)
            turned[:, 2] -= DISTANCE
            seen[zbuffer(device_coordinates(turned), self._triangles, PIXELS, PIXELS, cull_backfaces=True)[0]] = True
        seen[self._keypoints.rows[KEYPOINTS_USED]] = True
        return np.flatnonzero(seen[:-1] & self._wanted)

    def _chart(self, points: MeshPoints, places: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 2"]:
        """Texture coordinates; points on the eyes, which have charts of their own, go into the gap that the lids leave in the skin's."""
        chart = points.of(self._displacer.topology.uv, self._chart_triangles)
        part = self._part[points.rows]
        skin = np.flatnonzero(part == Part.SKIN)
        for eye in (Part.LEFT_EYE, Part.RIGHT_EYE):
            inside = np.flatnonzero(part == eye)
            if len(inside):
                distance = cKDTree(places[inside]).query(places[skin], distance_upper_bound=AROUND_EYE)[0]
                rim = skin[np.isfinite(distance)]
                chart[inside] = RBFInterpolator(places[rim, :2], chart[rim], smoothing=1.0)(places[inside, :2])
        return chart


def _distances(cuts: Mapping[Region, Float32[np.ndarray, " v"]]) -> Float32[np.ndarray, " v"]:
    """Least distances of points, mm at the vertices: smaller inside nose and mouth, and growing from there."""
    apart = np.full_like(cuts[Region.NOSE], APART_ELSEWHERE)
    for region, least in APART.items():
        inside = smooth_step(cuts[region], -BLEND, 0)
        apart = np.minimum(apart, APART_ELSEWHERE + inside * (least - APART_ELSEWHERE))
    return apart.astype(np.float32)
