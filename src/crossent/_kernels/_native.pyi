"""The compiled kernels (`csrc/`): raw addresses and plain numbers, in the order of the structs in `csrc/api.hpp`."""

parallel: bool

def instruction_sets() -> list[str]:
    """Those that this build has and this processor runs; the first is taken."""

def instruction_set() -> str: ...
def use_instruction_set(name: str, /) -> bool: ...
def softmax(
    logits: int,
    label: int,
    target: int,
    weight: int,
    adjustment: int,
    row_scale: int,
    loss: int,
    rows: int,
    gradient: int,
    outer: int,
    inner: int,
    classes: int,
    logits_outer: int,
    logits_inner: int,
    logits_class: int,
    target_outer: int,
    target_inner: int,
    target_class: int,
    gradient_outer: int,
    gradient_inner: int,
    gradient_class: int,
    ignored: int,
    smoothing: float,
    gamma: float,
    z_loss: float,
    scale: float,
    type: int,
    how: int,
    by_rows: bool,
    zero_of_nothing: bool,
    threads: int,
    /,
) -> int:
    """Return the first row whose label is out of range, having written nothing; -2 for softmaxed logits; else -1."""

nll = softmax  # which takes the same

def sigmoid(
    logits: int,
    target: int,
    target_is_wide: bool,
    weight: int,
    weight_each: int,
    weight_size: int,
    pos_weight: int,
    pos_weight_each: int,
    pos_weight_size: int,
    scales: int,
    loss: int,
    losses: int,
    gradient: int,
    elements: int,
    ignores: bool,
    ignored: float,
    smoothing: float,
    gamma: float,
    of_yes: float,
    of_no: float,
    scale: float,
    type: int,
    how: int,
    zero_of_nothing: bool,
    threads: int,
    /,
) -> None: ...
def binary(
    logits: int,
    target: int,
    target_is_wide: bool,
    weight: int,
    weight_each: int,
    weight_size: int,
    pos_weight: int,
    pos_weight_each: int,
    pos_weight_size: int,
    scales: int,
    loss: int,
    losses: int,
    gradient: int,
    elements: int,
    ignores: bool,
    ignored: float,
    smoothing: float,
    gamma: float,
    of_yes: float,
    of_no: float,
    scale: float,
    type: int,
    how: int,
    zero_of_nothing: bool,
    threads: int,
    /,
) -> bool:
    """Return whether all were probabilities."""
