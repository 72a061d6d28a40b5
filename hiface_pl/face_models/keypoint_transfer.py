"""The 17 cheek and jaw points of another topology's template, carried onto a face model."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float64
from scipy.interpolate import RBFInterpolator

from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.closest_points import closest_on_skin
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints


def with_extra_points(model: FaceModel, keypoints: Float64[np.ndarray, "85 3"]) -> FaceModel:
    """The model with points 68 to 84 where they lie on another face, whose 85 keypoints are given in any pose and unit.

    Our choice: space is bent so that the other face's 68 landmarks meet the model's (the spline that bends least in three dimensions,
    |r|, with an affine part); what comes of the 17 is put onto the nearest skin. Bending the surfaces onto each other as well moves them
    by 0.2 mm only. Raises FaceModelError where the landmarks lie in one plane.
    """
    own = model.keypoints68.on(model.mean)
    try:
        bent = RBFInterpolator(keypoints[:68], own.astype(np.float64), kernel="linear", degree=1)
    except np.linalg.LinAlgError as error:
        raise FaceModelError(f"68 landmarks of a face cannot be laid onto those of {model.name} ({error}): look at the template") from error
    extra = closest_on_skin(model, bent(keypoints[68:]))
    known = model.keypoints68
    points = SurfacePoints(np.concatenate([known.vertices, extra.vertices]), np.concatenate([known.weights, extra.weights]))
    return replace(model, keypoints85=points)
