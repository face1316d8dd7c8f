"""How many steps of how many rows a training takes, and the learning rate of each."""

from sklearn_kd._parameters import plain_number

#: Share of all steps that the learning rate takes to rise, and its bound in steps.
WARMUP_SHARE, WARMUP_STEPS = 0.05, 200

#: Steps of a training whose length is left open, and the fewest and most epochs.
STEPS, _FEWEST_EPOCHS, MOST_EPOCHS = 4000, 8, 100


def automatic_batch_size(n_samples):
    """Choose the number of rows of a step: 128, or 256 from 20 000 rows on."""
    return 128 if n_samples < 20_000 else 256


def rows_of_step(student, n_samples):
    """Give the number of rows of a step, chosen where the student leaves it open."""
    size = plain_number(student.batch_size)
    return automatic_batch_size(n_samples) if size == "auto" else size


def steps_of_epoch(student, n_samples):
    """Give the number of steps in a pass over so many rows."""
    return -(-n_samples // rows_of_step(student, n_samples))


def epochs_of(student, n_samples):
    """Give the number of epochs: by itself what makes 4000 steps, but 8 to 100."""
    epochs = plain_number(student.max_iter)
    if epochs == "auto":
        epochs = -(-STEPS // steps_of_epoch(student, n_samples))
        return min(max(epochs, _FEWEST_EPOCHS), MOST_EPOCHS)
    return epochs


def linear_rate(step, n_steps, peak, warmup):
    """Learning rate of a step: a linear warm-up, then a line down to almost zero.

    See Defazio et al., "Optimal Linear Decay Learning Rate Schedules and Further
    Refinements", 2023. :doi:`10.48550/arXiv.2310.07831`
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (n_steps - step) / (n_steps - warmup)
