"""Layers and losses with PyTorch's names."""

from . import functional, init, utils
from .modules.activation import (
    CELU, ELU, GELU, GLU, SELU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid, LogSoftmax, Mish,
    PReLU, ReLU, ReLU6, Sigmoid, SiLU, Softmax, Softmin, Softplus, Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
)  # fmt: skip
from .modules.container import ModuleDict, ModuleList, ParameterList, Sequential
from .modules.conv import (
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d,
    AvgPool2d, AvgPool3d, Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, MaxPool1d,
    MaxPool2d, MaxPool3d, PixelShuffle, PixelUnshuffle,
)  # fmt: skip
from .modules.dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout
from .modules.linear import Bilinear, Embedding, Flatten, Identity, Linear, Unflatten
from .modules.loss import (
    BCELoss, BCEWithLogitsLoss, CosineSimilarity, CrossEntropyLoss, HingeEmbeddingLoss, HuberLoss, KLDivLoss, L1Loss,
    MSELoss, MultiLabelMarginLoss, MultiLabelSoftMarginLoss, NLLLoss, PairwiseDistance, SmoothL1Loss, SoftMarginLoss,
)  # fmt: skip
from .modules.module import Module
from .modules.norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, GroupNorm, LayerNorm, RMSNorm
from .parameter import Buffer, Parameter
