"""The training loop, in plain sight."""

from ._course import Course as Course
from ._held_out import sweep as sweep
from ._history import Epoch as Epoch
from ._history import History as History
from ._interrupt import interruptible as interruptible
from ._loop import Examples as Examples
from ._loop import predict_logits as predict_logits
from ._loop import train as train
from ._optimizer import OptimizerName as OptimizerName
from ._optimizer import make_optimizer as make_optimizer
from ._threads import one_thread as one_thread
from ._train_copies import Trained as Trained
from ._train_copies import train_copies as train_copies
from ._watch import Watch as Watch
