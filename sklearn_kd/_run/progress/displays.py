"""How a stage is shown: lines in a log, or one line that changes on a terminal."""

import shutil

#: In a log, lines come when this share more of the time of a stage has passed: an hour
#: takes some seventy lines.
_LONGER = 0.1

#: Characters beside the name, the numbers and the unit of a bar of tqdm: shares, times
#: of hours, and a short bar.
_OF_A_BAR = 32

#: How much is done, by tqdm, without the speed: what is left says it.
_BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt}{unit} [{elapsed}<{remaining}]"


def display_on(stream, owner, name, total, unit):
    """Choose how a stage is shown on a stream.

    Parameters
    ----------
    stream : file object
        Standard output, as it is now.
    owner, name, unit : str
        What lines begin with, what the stage is called, and what is counted.
    total : int
        How many there are.

    Returns
    -------
    Lines, ChangingLine or Bar
        With ``show(done, seconds)``, ``hide()``, ``close(done, seconds)`` and
        ``seconds_until_next(seconds)``.
    """
    if not _is_watched(stream):
        kind = Lines
    elif _tqdm() is not None:
        kind = Bar
    else:
        kind = ChangingLine
    return kind(stream, owner, name, total, unit)


def _is_watched(stream):
    """Return whether a line can be changed: on a terminal, and in a notebook."""
    if type(stream).__module__.partition(".")[0] == "ipykernel":
        return True
    return bool(getattr(stream, "isatty", bool)())


def _tqdm():
    """Give the class of tqdm, without the thread that it starts beside; or None."""
    try:
        from tqdm.std import tqdm
    except ImportError:
        return None

    class _Bar(tqdm):
        monitor_interval = 0

    return _Bar


class Lines:
    """A line each time, which stays."""

    def __init__(self, stream, owner, name, total, unit):
        self.stream = stream
        self.owner = owner
        self.name = name
        self.total = total
        self.unit = unit
        self.is_open = False

    def seconds_until_next(self, seconds):
        """Give the least time between two lines, so long after the beginning."""
        return max(1.0, _LONGER * seconds)

    def show(self, done, seconds):
        """Show how much is done."""
        print(self._text(done, seconds), file=self.stream, flush=True)

    def hide(self):
        """Make place for a line of something else."""

    def close(self, done, seconds):
        """End with what has been shown."""

    @property
    def head(self):
        """What a line begins with."""
        return f"[{self.owner}] {self.name}"

    def _text(self, done, seconds, width=None):
        text = f": {done} of {self.total} {self.unit} in {duration(seconds)}"
        if 0 < done < self.total:
            left = seconds / done * (self.total - done)
            text += f", about {duration(left)} left"
        head = self.head if width is None else _shortened(self.head, width - len(text))
        return f"{head}{text}"


class ChangingLine(Lines):
    """One line on a terminal, written again and again."""

    def seconds_until_next(self, seconds):
        return 1.0

    def show(self, done, seconds):
        self.is_open = True
        width = _width()
        self._write(self._text(done, seconds, width)[:width].ljust(width))

    def hide(self):
        if self.is_open:
            self._write(" " * _width())
            self._write("")

    def close(self, done, seconds):
        if self.is_open:
            self.show(done, seconds)
            print(file=self.stream, flush=True)

    def _write(self, text):
        print(f"\r{text}", end="", file=self.stream, flush=True)


class Bar(Lines):
    """A bar of tqdm."""

    bar = None

    def seconds_until_next(self, seconds):
        return 1.0

    def show(self, done, seconds):
        if self.bar is None:
            self.bar = _tqdm()(
                desc=self._name_within(_width()),
                bar_format=_BAR,
                total=self.total,
                unit=f" {self.unit}",
                file=self.stream,
                ncols=_width(),
                nrows=24,  # tqdm shows nothing on a terminal that says it has none
                smoothing=0,  # the mean speed, from the beginning of the stage
                delay=1e-9,  # nothing is shown until it is asked to
            )
        self._move(done, seconds)
        self.bar.refresh()

    def hide(self):
        if self.bar is not None:
            self.bar.clear()

    def close(self, done, seconds):
        if self.bar is not None:
            self._move(done, seconds)
            self.bar.close()  # which shows it once more

    def _move(self, done, seconds):
        self.bar.start_t = self.bar._time() - seconds
        self.bar.n, self.bar.ncols = done, _width()

    def _name_within(self, width):
        """Shorten the name so that a line has place for how much is done."""
        others = 2 * len(str(self.total)) + len(self.unit) + _OF_A_BAR
        return _shortened(self.head, width - others)


def _shortened(text, room):
    """Cut a text to so many characters, but not to less than 20."""
    room = max(room, 20)
    return text if len(text) <= room else f"{text[: room - 3]}..."


def _width():
    """Give the number of characters of a line; where the terminal has none, 79."""
    return shutil.get_terminal_size().columns - 1


def duration(seconds):
    """Write a time: 0.3 s, 12 s, 3 min 5 s, 2 h 10 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, whole = divmod(round(seconds), 60)
    if not minutes:
        return f"{whole} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole} s"
