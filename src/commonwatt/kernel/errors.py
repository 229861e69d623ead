"""Errors a user can act on: one clear sentence that names the culprit and the cure."""


class CommonwattError(Exception):
    """Anything commonwatt refuses or cannot do. Its text is one sentence fit to show a user."""


class InvalidInput(CommonwattError):  # noqa: N818 - reads as what it is: `raise InvalidInput`
    """Data or arguments that cannot be used; the sentence names file, row, field or option."""


class NotFound(InvalidInput):
    """What was named does not exist."""


class NotPermitted(CommonwattError):  # noqa: N818 - reads as what it is
    """A principal asked for something its role and purpose do not allow."""


class StorageFailed(CommonwattError):  # noqa: N818 - reads as what it is
    """The disk refused; what was acknowledged before is safe, what was offered is not."""


class NoPlan(CommonwattError):  # noqa: N818 - reads as what it is
    """The optimiser gave no usable plan; the caller falls back and says so."""
