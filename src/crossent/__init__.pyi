from ._errors import DataWarning as DataWarning
from ._errors import InputError as InputError
from ._task import Label as Label
from ._task import Task as Task
