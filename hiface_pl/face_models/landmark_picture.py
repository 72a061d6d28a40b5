"""The 468 landmarks on a face model, drawn: the quickest way to see whether they lie where they should."""

import cv2
import numpy as np
from jaxtyping import Int32, UInt8

from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.landmark_places import LandmarkPlaces
from hiface_pl.face_models.pictures import View, draw

_SIZE, _SPAN = 900, 220.0
_YAWS = (0.0, 40.0, -75.0)
_LINE, _INNER, _CONTOUR = (90, 90, 220), (0, 130, 0), (220, 0, 160)


def landmark_picture(model: FaceModel, places: LandmarkPlaces, triangles: Int32[np.ndarray, "m 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """The mean face from three sides, RGB: the mesh on the skin, and from its corners the points (green, the contour's pink)."""
    return np.concatenate([_seen(model, places, triangles, yaw) for yaw in _YAWS], axis=1)


def _seen(model: FaceModel, places: LandmarkPlaces, triangles: np.ndarray, yaw: float) -> UInt8[np.ndarray, "h w 3"]:
    corners = places.points.on(model.mean)
    middle = corners.mean(axis=0)
    view = View(yaw, 0.0, _SPAN, (float(middle[0]), float(middle[1]), float(middle[2])))
    image = np.rint(draw(model, model.mean, view, _SIZE).image * 255).astype(np.uint8)
    pixels, moved = (view.project(points, _SIZE)[:, :2] for points in (corners, places.on(model.mean)))
    cv2.polylines(
        image, list(np.rint(pixels[triangles] * 8).astype(np.int32)), isClosed=True, color=_LINE, thickness=1, lineType=cv2.LINE_AA, shift=3
    )
    for start, place, contour in zip(
        np.rint(pixels).astype(int).tolist(), np.rint(moved).astype(int).tolist(), places.contour, strict=True
    ):
        colour = _CONTOUR if contour else _INNER
        cv2.line(image, start, place, colour, 1, cv2.LINE_AA)
        cv2.circle(image, place, 3, colour, -1, cv2.LINE_AA)
    return image
