"""Networks by name and their batch norms, and what is refused."""

import sys

import pytest
import torch
from torch import nn

from srop.networks.build import build_network, calibrate_batch_norm
from srop.networks.named import network_spec
from srop.networks.pools import benchmark_pools


def small() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3), nn.BatchNorm2d(2))


def test_seed_is_the_networks():
    first, again, other = (build_network("torchvision", "resnet18", {}, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.conv1.weight, again.conv1.weight)
    assert not torch.equal(first.conv1.weight, other.conv1.weight)
    assert not first.training


def test_random_vgg16_bn_with_its_initial_statistics_is_vgg16():
    """Both draw the same weights; the epsilon of the batch norms remains."""
    plain, normed = (build_network("torchvision", name, {}, seed=0) for name in ("vgg16", "vgg16_bn"))
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(normed.features(image), plain.features(image), rtol=1e-3, atol=1e-5)


def test_filter_size_reaches_the_antialiased_network():
    blurs = [
        build_network("antialiased_cnns", "alexnet", {"filter_size": size}, seed=0).features[2].filt_size
        for size in (2, 3)
    ]
    assert blurs == [2, 3]


def test_anybodys_own_network(tmp_path, monkeypatch):
    (tmp_path / "my_networks.py").write_text("from torch import nn\ndef tiny(width): return nn.Conv2d(3, width, 3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert build_network("module", "my_networks:tiny", {"width": 5}, seed=0).out_channels == 5


@pytest.mark.parametrize(
    ("source", "model", "arguments", "message"),
    [
        ("torchvision", "resnet81", {}, "^resnet81: there is no such network; the nearest are .*resnet1"),
        ("timm", "convnext_tinny", {}, "nearest are .*convnext_tiny"),
        ("antialiased_cnns", "resnet17", {}, "nearest are .*resnet1"),
        ("torchvision", "resnet18", {"filter_size": 3}, r"^resnet18 does not take the arguments \{'filter_size': 3\}"),
        ("module", "srop.networks.build:nope", {}, "srop.networks.build:nope.*write the name of a function"),
        ("module", "nowhere:network", {}, "No module named 'nowhere'.*PYTHONPATH"),
        ("module", "nowhere", {}, "write package.module:function"),
        ("module", "builtins:dict", {}, "gives a dict, not a torch.nn.Module"),
        ("torchvision", "xyzzyqqq", {}, r"no such network; and none of its \d+ has a name like it"),
        ("module", "nowhere.py:network", {}, r"there is no file nowhere\.py; write .* file\.py:function"),
    ],
)
def test_networks_that_do_not_exist(source, model, arguments, message):
    with pytest.raises(ValueError, match=message):
        build_network(source, model, arguments, seed=0)


FILE = """
from torch import nn
import torch
from part import width

def tiny(): return nn.Conv2d(3, width, 3)
def needs(width): return nn.Conv2d(3, width, 3)
def broken(): return {}["x"]
def wrong(): return nn.Conv2d(3, "four", 3)
def program(): return torch.export.export(tiny().eval(), (torch.zeros(1, 3, 8, 8),))
def module(): return program().module()
"""


@pytest.fixture
def nets(tmp_path, monkeypatch):
    (tmp_path / "nets.py").write_text(FILE)
    (tmp_path / "part.py").write_text("width = 6")
    monkeypatch.delitem(sys.modules, "part", raising=False)
    return tmp_path / "nets.py"


def test_a_function_of_a_file(nets):
    path = list(sys.path)
    assert build_network("module", f"{nets}:tiny", {}).out_channels == 6
    assert build_network("module", f"{nets}:needs", {"width": 2}).out_channels == 2
    assert sys.path == path
    assert "nets" not in sys.modules


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("tinny", r"nets\.py:tinny: .*has no 'tinny'; the nearest are tiny"),
        ("needs", r"nets\.py:needs does not take a call without arguments \(missing.*'width'\); a YAML"),
        ("broken", r"nets\.py:broken failed: KeyError: 'x' \(.*nets\.py, line 8\)"),
        ("wrong", r"nets\.py:wrong failed: TypeError: "),
        ("program", "gives a ExportedProgram, not a torch.nn.Module"),
        ("module", r"gives a program of torch\.export, which has no layers; give the network"),
    ],
)
def test_functions_that_fail_are_named(nets, function, message):
    with pytest.raises(ValueError, match=message):
        build_network("module", f"{nets}:{function}", {})


@pytest.mark.parametrize("content", ["def tiny(:", "1 / 0", "import nowhere_at_all"])
def test_files_that_cannot_be_read_are_named(tmp_path, content):
    (tmp_path / "nets.py").write_text(content)
    with pytest.raises(ValueError, match=r"nets\.py:tiny.*(invalid syntax|division by zero|nowhere_at_all)"):
        build_network("module", f"{tmp_path / 'nets.py'}:tiny", {})


def test_random_weights_download_nothing(monkeypatch):
    """Torchvision would fetch a segmentation network's trained backbone."""

    def load(*_arguments, **_options):
        raise AssertionError("asked for a file")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", load)
    with torch.device("meta"):
        build_network("torchvision", "lraspp_mobilenet_v3_large", {})
        build_network("torchvision", "ssdlite320_mobilenet_v3_large", {})


def test_calibration_takes_the_statistics_of_its_images():
    torch.manual_seed(0)
    # The second batch norm sees the first one divide by n, where the running variance is over n - 1.
    network, images = small().eval(), 3 + 2 * torch.randn(8, 3, 16, 16)
    calibrate_batch_norm(network, images)
    assert not any(module.training for module in network.modules())
    with torch.inference_mode():
        for layers in (2, 5):
            normed = network[:layers](images)
            torch.testing.assert_close(normed.mean((0, 2, 3)), torch.zeros(normed.shape[1]), atol=1e-3, rtol=0)
            torch.testing.assert_close(normed.var((0, 2, 3)), torch.ones(normed.shape[1]), atol=3e-3, rtol=0)
    assert network[1].momentum == 0.1


def test_calibration_forgets_the_statistics_before():
    torch.manual_seed(0)
    network, images = small().eval(), torch.randn(4, 3, 16, 16)
    calibrate_batch_norm(network, images + 100)
    calibrate_batch_norm(network, images)
    again = network[1].running_mean.clone()
    calibrate_batch_norm(network, images)
    assert torch.equal(network[1].running_mean, again)


def test_benchmark_halves():
    pools = benchmark_pools(5)
    assert [pools[: count + 1](torch.zeros(1, 3, 224, 224)).shape[-1] for count in range(6)] == [
        224,
        112,
        56,
        28,
        14,
        7,
    ]


def test_random_weights_take_the_size_that_their_network_is_built_for():
    """The default set of torchvision's vit_h_14 is for 518 pixels; a network without weights takes 224."""
    spec = network_spec("vit_h_14")
    assert (spec.prepared_for(None).size, spec.prepared_for("random").size) == (518, 224)


@pytest.mark.parametrize("name", ["regnet_x_400mf", "keypointrcnn_resnet50_fpn"])
def test_networks_that_need_values_or_a_backbone_have_inputs_without_a_download(name, monkeypatch):
    """RegNets cannot be built without values, and by default torchvision downloads the weights of a backbone."""

    def refuse(*_args, **_keywords):
        raise AssertionError("a download")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", refuse)
    assert network_spec(name).prepared_for("random").size > 0
