"""Optimizers and their schedules with PyTorch's names."""

from . import lr_scheduler
from .composed import ASGD, LBFGS, Adadelta, Adamax, RAdam, Rprop
from .optimizer import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop
