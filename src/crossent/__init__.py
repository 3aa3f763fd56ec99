"""Classification done right, on PyTorch: from labels to decisions.

The public names stand in `__init__.pyi`; each is imported when it is first used, so that
`import crossent` and `crossent --help` cost nothing before they are asked for something.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
