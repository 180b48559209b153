from zope.interface import Interface, implementer, providedBy


class ITill(Interface):
    """Where money goes."""


@implementer(ITill)
class Till:
    """One with a drawer."""


def is_till(thing):
    return ITill in providedBy(thing)
