from ._errors import DataWarning as DataWarning
from ._errors import InputError as InputError
