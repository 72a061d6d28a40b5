from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.protocol import evaluate_mesh
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.scan import Scan
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from tests.evaluation.realy.shapes import CENTRES, HALF, face_scan, face_template, grid, lifted

FAR = np.array([[400.0, 0, 0], [401, 0, 0], [400, 1, 0]])


def bent(vertices: np.ndarray) -> np.ndarray:
    """Another face: half a millimetre away in places."""
    return vertices + 0.06 * np.sin(vertices[:, [1, 2, 0]] * 1.7)


def with_loose_piece(scan: Scan) -> Scan:
    """The nose with a triangle far away that no keypoint holds."""
    nose = scan.regions[Region.NOSE]
    extra = len(nose.vertices) + np.arange(3, dtype=np.int32)[None]
    broken = TriangleMesh(np.concatenate([nose.vertices, FAR]), np.concatenate([nose.triangles, extra]))
    return replace(scan, regions={**scan.regions, Region.NOSE: broken})


def pieces(template: Template, vertices: np.ndarray) -> dict[Region, TriangleMesh]:
    """Regions that are cut out of the prediction itself."""
    regions = {}
    for region, centre in CENTRES.items():
        inside = (np.abs(vertices[template.triangles][:, :, :2] - centre) <= HALF).all(axis=(1, 2))
        used, numbers = np.unique(template.triangles[inside], return_inverse=True)
        regions[region] = TriangleMesh(vertices[used], numbers.reshape(-1, 3).astype(np.int32))
    return regions


def test_a_perfect_prediction_has_no_error():
    template, vertices = face_template(0.3)
    template = replace(template, keypoint_weights=np.tile([1.0, 0, 0], (85, 1)))
    scan = Scan(1, template.keypoints(vertices), pieces(template, vertices), 9.0)
    for region, error in evaluate_mesh(vertices, template, scan).errors.items():
        assert error < 1e-4, region


def test_a_perfect_prediction_has_nearly_no_error_on_a_scan_of_another_tessellation():
    template, vertices = face_template(0.1)
    keypoints = template.keypoints(vertices)
    regions = {region: grid(HALF, centre, 0.15, 0, keypoints[:, :2]) for region, centre in CENTRES.items()}
    for region, error in evaluate_mesh(vertices, template, Scan(1, keypoints, regions, 9.0)).errors.items():
        assert error < 0.02, region


def test_similarity_transforms_of_the_prediction_change_nothing():
    template, vertices = face_template()
    scan, vertices = face_scan(), bent(vertices)
    expected = evaluate_mesh(vertices, template, scan).errors
    assert min(expected.values()) > 0.05
    for unit, seed in ((0.001, 0), (1.0, 1), (37.0, 2)):
        rng = np.random.default_rng(seed)
        moved = unit * (vertices @ Rotation.random(random_state=rng).as_matrix().T + rng.normal(0, 20, 3))
        for region, error in evaluate_mesh(moved, template, scan).errors.items():
            assert error == pytest.approx(expected[region], abs=1e-3)


def test_errors_are_millimetres():
    template, vertices = face_template()
    scan = face_scan()
    once, twice = (evaluate_mesh(bent(vertices), template, replace(scan, millimetres=unit)) for unit in (9.0, 18.0))
    for region in Region:
        assert twice.errors[region] == pytest.approx(2 * once.errors[region])


def test_repeated_seam_vertices_and_unused_ones_do_not_tear_the_region():
    template, vertices = face_template()
    scan, rng = face_scan(), np.random.default_rng(0)
    torn = {}
    for region, mesh in scan.regions.items():
        repeated = mesh.vertices[mesh.triangles].reshape(-1, 3)
        order = rng.permutation(len(repeated))
        torn[region] = TriangleMesh(repeated[order], np.argsort(order).reshape(-1, 3).astype(np.int32))
    # every vertex counts as often as it is repeated in the rigid fit, but once afterwards
    whole, seams = (
        evaluate_mesh(bent(vertices), template, scan),
        evaluate_mesh(bent(vertices), template, replace(scan, regions=torn), keep_fits=True),
    )
    assert seams.fits is not None
    for region in Region:
        assert len(seams.fits[region].scan.vertices) == len(scan.regions[region].vertices)
        assert seams.errors[region] == pytest.approx(whole.errors[region], rel=0.1)


def test_a_mirrored_prediction_passes_in_official_mode_only():
    template, vertices = face_template()
    scan, mirrored = face_scan(), vertices * [-1.0, 1, 1]
    true, official = evaluate_mesh(vertices, template, scan), evaluate_mesh(mirrored, template, scan)
    strict = evaluate_mesh(mirrored, template, scan, Mode.STRICT)
    assert official.all == pytest.approx(true.all, abs=1e-3)
    assert official.deviations == ()
    assert strict.all > 3 * true.all
    assert any("global fit" in sentence and "mirrors" in sentence for sentence in strict.deviations)


def test_modes_agree_where_no_guard_acts():
    template, vertices = face_template()
    official, strict = (evaluate_mesh(bent(vertices), template, face_scan(), mode) for mode in Mode)
    assert strict.deviations == ()
    assert dict(strict.errors) == dict(official.errors)


def test_a_loose_piece_is_an_error_in_official_mode_and_is_damped_in_strict_mode():
    template, vertices = face_template()
    scan = with_loose_piece(face_scan())
    with pytest.raises(EvaluationError, match="nose has no unique solution"):
        evaluate_mesh(vertices, template, scan)
    strict = evaluate_mesh(vertices, template, scan, Mode.STRICT, keep_fits=True)
    assert any(sentence.startswith("nose: the non-rigid system is singular") for sentence in strict.deviations)
    assert strict.fits is not None
    assert np.isfinite(list(strict.errors.values())).all()


def test_keypoints_beside_the_region_are_left_out_in_strict_mode():
    template, vertices = face_template()
    scan = face_scan()
    low = grid((2.6, 0.9), (0, 3.1), 0.4, 0)
    cut = replace(scan, regions={**scan.regions, Region.FOREHEAD: low})
    official, strict = (evaluate_mesh(vertices, template, cut, mode) for mode in Mode)
    assert any(sentence.startswith("forehead: keypoints farther than 5 mm") for sentence in strict.deviations)
    assert strict.errors[Region.FOREHEAD] < 0.5 * official.errors[Region.FOREHEAD]
    assert strict.errors[Region.CHEEK] == official.errors[Region.CHEEK]


def test_the_mask_acts_after_the_rigid_fit_only():
    template, vertices = face_template()
    scan = face_scan()
    masked = replace(template, mask=vertices[:, 1] < 3.5)
    whole, part = (evaluate_mesh(vertices, each, scan, keep_fits=True) for each in (template, masked))
    assert whole.fits is not None
    assert part.fits is not None
    assert part.errors[Region.MOUTH] == pytest.approx(whole.errors[Region.MOUTH], abs=1e-9)
    assert part.errors[Region.FOREHEAD] > whole.errors[Region.FOREHEAD] + 0.5
    np.testing.assert_array_equal(part.fits[Region.FOREHEAD].aligned, whole.fits[Region.FOREHEAD].aligned)


def test_distances_of_a_kept_fit_make_the_error():
    template, vertices = face_template()
    result = evaluate_mesh(bent(vertices), template, face_scan(), keep_fits=True)
    assert result.fits is not None
    for region, fit in result.fits.items():
        assert len(fit.distances) == len(fit.scan.vertices) == len(fit.deformed)
        assert fit.distances.mean() == pytest.approx(result.errors[region])
    assert set(result.seconds) == {"global", "rigid", "nonrigid", "distances"}


def test_a_region_of_fewer_vertices_than_keypoints_is_refused():
    template, vertices = face_template()
    tiny = TriangleMesh(lifted(np.array([[0.0, 0], [1, 0], [0, 1]])), np.array([[0, 1, 2]], np.int32))
    scan = face_scan()
    with pytest.raises(EvaluationError, match="mouth of the scan has only 3 vertices"):
        evaluate_mesh(vertices, template, replace(scan, regions={**scan.regions, Region.MOUTH: tiny}))
