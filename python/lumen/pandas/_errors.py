"""Every exception and warning pandas exposes in ``pandas.errors``, with pandas' bases.

Holds classes only; whoever raises one writes its message.
"""

from __future__ import annotations

import abc


class AbstractMethodError(NotImplementedError):
    """A subclass has not defined a method its base declares."""

    def __init__(self, class_instance: object, methodtype: str = "method") -> None:
        kinds = {"method", "classmethod", "staticmethod", "property"}
        if methodtype not in kinds:
            raise ValueError(f"methodtype must be one of {kinds}, got {methodtype} instead.")
        self.methodtype = methodtype
        self.class_instance = class_instance

    def __str__(self) -> str:
        owner = self.class_instance if self.methodtype == "classmethod" else type(self.class_instance)
        return f"This {self.methodtype} must be defined in the concrete class {owner.__name__}"


class UndefinedVariableError(NameError):
    """An expression names a variable that does not exist."""

    def __init__(self, name: str, is_local: bool | None = None) -> None:
        kind = "local variable" if is_local else "name"
        super().__init__(f"{kind} {name!r} is not defined")


class PyperclipException(RuntimeError):
    """The clipboard cannot be reached."""


class PyperclipWindowsException(PyperclipException):
    """The clipboard of Windows refused."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} (windows clipboard error)")


class PandasChangeWarning(Warning):
    """Base of the warnings about behaviour that a coming version changes."""

    @classmethod
    @abc.abstractmethod
    def version(cls) -> str:
        """The version that makes the change."""


class PandasPendingDeprecationWarning(PandasChangeWarning, PendingDeprecationWarning):
    """A change in the version after next; silent by default."""


class PandasDeprecationWarning(PandasChangeWarning, DeprecationWarning):
    """A change in the next version, for library authors."""


class PandasFutureWarning(PandasChangeWarning, FutureWarning):
    """A change in the next version, for everybody."""


class Pandas4Warning(PandasDeprecationWarning):
    """pandas 4 changes this."""

    @classmethod
    def version(cls) -> str:
        """The version that makes the change."""
        return "4.0"


class Pandas5Warning(PandasPendingDeprecationWarning):
    """pandas 5 changes this."""

    @classmethod
    def version(cls) -> str:
        """The version that makes the change."""
        return "5.0"


_CurrentDeprecationWarning = Pandas4Warning


class AttributeConflictWarning(Warning):
    """Index attributes differ between a stored table and what is appended to it."""


class CSSWarning(UserWarning):
    """A style cannot be turned into CSS or back."""


class CategoricalConversionWarning(Warning):
    """A partly labelled Stata column is read in pieces."""


class ChainedAssignmentError(Warning):
    """Assignment to a temporary object, which can never change its parent."""


class ClosedFileError(Exception):
    """The HDF5 file is closed."""


class DataError(Exception):
    """The operation is not possible on data of this kind."""


class DatabaseError(OSError):
    """A statement failed in the database."""


class DtypeWarning(Warning):
    """Parts of one column of a file have different dtypes."""


class DuplicateLabelError(ValueError):
    """Duplicate labels where they are disallowed."""


class EmptyDataError(ValueError):
    """A file holds neither header nor data."""


class IncompatibilityWarning(Warning):
    """A where condition on a file of an incompatible version."""


class IncompatibleFrequency(TypeError):
    """Periods or indexes of different frequency are mixed."""


class IndexingError(Exception):
    """An indexer has the wrong shape or cannot be aligned."""


class IntCastingNaNError(ValueError):
    """Missing or infinite values cannot become integers."""


class InvalidColumnName(Warning):
    """A column's name was changed to a valid Stata name."""


class InvalidComparison(Exception):
    """Two values that cannot be compared for order."""


class InvalidIndexError(Exception):
    """A key that no index can hold."""


class InvalidVersion(ValueError):
    """A version string that is not PEP 440."""


class LossySetitemError(Exception):
    """A value that an array cannot hold without loss."""


class MergeError(ValueError):
    """A join's arguments contradict each other or the data."""


class NoBufferPresent(Exception):
    """A requested buffer of the interchange protocol does not exist."""


class NullFrequencyError(ValueError):
    """An operation needs a frequency and there is none."""


class NumExprClobberingError(NameError):
    """A variable hides a built-in of numexpr."""


class NumbaUtilError(Exception):
    """An operation numba does not support."""


class OptionError(AttributeError, KeyError):
    """No such option, or more than one."""


class OutOfBoundsDatetime(ValueError):
    """A time that its unit cannot represent."""


class OutOfBoundsTimedelta(ValueError):
    """A duration that its unit cannot represent."""


class ParserError(ValueError):
    """The text of a file cannot be parsed."""


class ParserWarning(Warning):
    """Another parser than the one asked for is used."""


class PerformanceWarning(Warning):
    """A slow path is taken."""


class PossibleDataLossError(Exception):
    """An HDF5 file is open already in another mode."""


class PossiblePrecisionLoss(Warning):
    """An integer column becomes float on its way to Stata."""


class SpecificationError(Exception):
    """An aggregation is not well specified."""


class UnsortedIndexError(KeyError):
    """A slice needs a sorted MultiIndex."""


class UnsupportedFunctionCall(ValueError):
    """A numpy function called with arguments that have no meaning here."""


class ValueLabelTypeMismatch(Warning):
    """A category's labels are not all strings."""


class DateParseError(ValueError):
    """A text that is no date; not part of ``pandas.errors``, but it is what callers see."""


for _name, _class in list(globals().items()):
    if isinstance(_class, type) and issubclass(_class, BaseException):
        _class.__module__ = "pandas.errors"
DateParseError.__module__ = "pandas._libs.tslibs.parsing"
del _name, _class
