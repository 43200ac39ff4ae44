"""The modules of torch.nn that are functions with options: activations, losses, dropout.

Source: torch/nn/modules/{activation,distance,dropout,flatten,linear,loss}.py.
"""

from __future__ import annotations

from typing import Any, Final

from gradcli.engine.public import functions
from gradcli.lang.networks.options import REQUIRED, Options, Run, called, ignoring, plain, rectified


def _dropping(name: str) -> Run:
    function = called(name)
    return lambda options, training, input: function(input, options["p"], training, options["inplace"])


def _check_probability(options: dict[str, Any]) -> None:
    if not 0.0 <= options["p"] <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {options['p']}")


def _threshold(options: dict[str, Any], training: bool, input: Any) -> Any:
    return called("threshold")(input, options["threshold"], options["value"], options["inplace"])


def _softmax_of_channels(options: dict[str, Any], training: bool, input: Any) -> Any:
    if input.dim() not in (3, 4):
        raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
    return called("softmax")(input, -3)


def _unflatten(options: dict[str, Any], training: bool, input: Any) -> Any:
    return functions["unflatten"](input, options["dim"], options["unflattened_size"])


def _flatten(options: dict[str, Any], training: bool, input: Any) -> Any:
    return functions["flatten"](input, options["start_dim"], options["end_dim"])


def _check_multi_margin(options: dict[str, Any]) -> None:
    if options["p"] not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    weight = options["weight"]
    if weight is not None and weight.dim() != 1:
        raise ValueError(f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.dim()}D instead")


_INPLACE = {"inplace": False}
_REDUCED = {"size_average": None, "reduce": None, "reduction": "mean"}
_STEPS: Final = {"dilation": 1, "padding": 0, "stride": 1}
_SHOWN: Final = " ".join(_STEPS)
_A, _L = "activation", "loss"
FUNCTIONS: Final = (
    Options("Identity", {}, lambda options, training, input: input, "", "linear"),
    Options("Flatten", {"start_dim": 1, "end_dim": -1}, _flatten, "start_dim end_dim", "flatten"),
    Options(
        "Unflatten", {"dim": REQUIRED, "unflattened_size": REQUIRED}, _unflatten, "dim unflattened_size", "flatten"
    ),
    *(
        Options(
            f"Dropout{dims}",
            {"p": 0.5, **_INPLACE},
            _dropping(f"dropout{dims.lower()}"),
            "p inplace",
            "dropout",
            _check_probability,
        )
        for dims in ("", "1d", "2d", "3d")
    ),
    Options("ReLU", _INPLACE, rectified("relu"), "inplace?", _A),
    Options("ReLU6", _INPLACE, ignoring("relu6", "inplace"), "inplace?", _A),
    Options("LeakyReLU", {"negative_slope": 0.01, **_INPLACE}, rectified("leaky_relu"), "negative_slope inplace?", _A),
    Options("ELU", {"alpha": 1.0, **_INPLACE}, rectified("elu"), "alpha inplace?", _A),
    Options("SELU", _INPLACE, rectified("selu"), "inplace?", _A),
    Options("CELU", {"alpha": 1.0, **_INPLACE}, rectified("celu"), "alpha inplace?", _A),
    Options("GELU", {"approximate": "none"}, plain("gelu"), "approximate", _A),
    Options("SiLU", _INPLACE, ignoring("silu", "inplace"), "inplace?", _A),
    Options("Mish", _INPLACE, ignoring("mish", "inplace"), "inplace?", _A),
    Options(
        "Hardtanh",
        {"min_val": -1.0, "max_val": 1.0, **_INPLACE},
        rectified("hardtanh"),
        "min_val max_val inplace?",
        _A,
    ),
    Options("Sigmoid", {}, plain("sigmoid"), "", _A),
    Options("LogSigmoid", {}, plain("logsigmoid"), "", _A),
    Options("Tanh", {}, plain("tanh"), "", _A),
    Options("Softplus", {"beta": 1.0, "threshold": 20.0}, plain("softplus"), "beta threshold", _A),
    Options("Softsign", {}, plain("softsign"), "", _A),
    Options("Softmax", {"dim": None}, plain("softmax"), "dim", _A),
    Options("LogSoftmax", {"dim": None}, plain("log_softmax"), "dim", _A),
    Options("Softmin", {"dim": None}, plain("softmin"), "dim", _A),
    Options("Softmax2d", {}, _softmax_of_channels, "", _A),
    Options("Tanhshrink", {}, plain("tanhshrink"), "", _A),
    Options("Hardshrink", {"lambd": 0.5}, plain("hardshrink"), "*lambd", _A),
    Options("Softshrink", {"lambd": 0.5}, plain("softshrink"), "*lambd", _A),
    Options("Hardsigmoid", _INPLACE, plain("hardsigmoid"), "", _A),
    Options("Hardswish", _INPLACE, plain("hardswish"), "", _A),
    Options(
        "Threshold", {"threshold": REQUIRED, "value": REQUIRED, **_INPLACE}, _threshold, "threshold value inplace?", _A
    ),
    Options("GLU", {"dim": -1}, plain("glu"), "dim", _A),
    Options("CosineSimilarity", {"dim": 1, "eps": 1e-8}, plain("cosine_similarity"), "", "distance"),
    Options("PairwiseDistance", {"p": 2.0, "eps": 1e-6, "keepdim": False}, plain("pairwise_distance"), "", "distance"),
    Options("MSELoss", _REDUCED, plain("mse_loss"), "", _L),
    Options("L1Loss", _REDUCED, plain("l1_loss"), "", _L),
    Options("SmoothL1Loss", {**_REDUCED, "beta": 1.0}, plain("smooth_l1_loss"), "", _L),
    Options("HuberLoss", {"reduction": "mean", "delta": 1.0}, plain("huber_loss"), "", _L),
    Options(
        "CrossEntropyLoss",
        {
            "weight": None,
            "size_average": None,
            "ignore_index": -100,
            "reduce": None,
            "reduction": "mean",
            "label_smoothing": 0.0,
        },
        plain("cross_entropy"),
        "",
        _L,
    ),
    Options(
        "NLLLoss",
        {"weight": None, "size_average": None, "ignore_index": -100, "reduce": None, "reduction": "mean"},
        plain("nll_loss"),
        "",
        _L,
    ),
    Options("BCELoss", {"weight": None, **_REDUCED}, plain("binary_cross_entropy"), "", _L),
    Options(
        "BCEWithLogitsLoss",
        {"weight": None, **_REDUCED, "pos_weight": None},
        plain("binary_cross_entropy_with_logits"),
        "",
        _L,
    ),
    Options("MarginRankingLoss", {"margin": 0.0, **_REDUCED}, plain("margin_ranking_loss"), "", _L),
    Options("HingeEmbeddingLoss", {"margin": 1.0, **_REDUCED}, plain("hinge_embedding_loss"), "", _L),
    Options("CosineEmbeddingLoss", {"margin": 0.0, **_REDUCED}, plain("cosine_embedding_loss"), "", _L),
    Options(
        "TripletMarginLoss",
        {"margin": 1.0, "p": 2.0, "eps": 1e-6, "swap": False, **_REDUCED},
        plain("triplet_margin_loss"),
        "",
        _L,
    ),
    Options(
        "MultiMarginLoss",
        {"p": 1, "margin": 1.0, "weight": None, **_REDUCED},
        plain("multi_margin_loss"),
        "",
        _L,
        _check_multi_margin,
    ),
    Options("MultiLabelSoftMarginLoss", {"weight": None, **_REDUCED}, plain("multilabel_soft_margin_loss"), "", _L),
    Options("SoftMarginLoss", _REDUCED, plain("soft_margin_loss"), "", _L),
    Options(
        "PoissonNLLLoss",
        {
            "log_input": True,
            "full": False,
            "size_average": None,
            "eps": 1e-8,
            "reduce": None,
            "reduction": "mean",
        },
        plain("poisson_nll_loss"),
        "",
        _L,
    ),
    Options("GaussianNLLLoss", {"full": False, "eps": 1e-6, "reduction": "mean"}, plain("gaussian_nll_loss"), "", _L),
    Options("KLDivLoss", {**_REDUCED, "log_target": False}, plain("kl_div"), "", _L),
    Options("PixelShuffle", {"upscale_factor": REQUIRED}, plain("pixel_shuffle"), "upscale_factor", "pixelshuffle"),
    Options(
        "PixelUnshuffle", {"downscale_factor": REQUIRED}, plain("pixel_unshuffle"), "downscale_factor", "pixelshuffle"
    ),
    Options("ChannelShuffle", {"groups": REQUIRED}, plain("channel_shuffle"), "groups", "channelshuffle"),
    Options("Unfold", {"kernel_size": REQUIRED, **_STEPS}, plain("unfold"), f"kernel_size {_SHOWN}", "fold"),
    Options(
        "Fold",
        {"output_size": REQUIRED, "kernel_size": REQUIRED, **_STEPS},
        plain("fold"),
        f"output_size kernel_size {_SHOWN}",
        "fold",
    ),
)
