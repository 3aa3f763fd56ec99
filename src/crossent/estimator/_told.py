"""How a training goes, printed line by line."""

from __future__ import annotations

from ..training import Epoch, Watch


class Told(Watch):
    """Prints one line an epoch."""

    def epoch(self, record: Epoch) -> None:
        """An epoch is done."""
        print(f"epoch {record.epoch}: loss {record.loss:.4f}, validation loss {record.validation_loss:.4f}")
