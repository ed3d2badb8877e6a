"""Spoken answers, by espeak-ng where it is installed; without it the window only shows them."""

import shutil
import subprocess


class Mouth:
    """Says one sentence at a time, in a process of its own."""

    def __init__(self) -> None:
        self._program = shutil.which("espeak-ng")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def there(self) -> bool:
        """Whether anything can be said."""
        return self._program is not None

    @property
    def speaking(self) -> bool:
        """Whether a sentence is being said."""
        return self._process is not None and self._process.poll() is None

    def say(self, sentence: str) -> None:
        """Say a sentence; one that is being said is broken off."""
        self.close()
        if self._program is not None:
            quiet = subprocess.DEVNULL
            command = [self._program, "-v", "en-us", "-s", "150", "--", sentence]
            self._process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)

    def close(self) -> None:
        """Fall silent."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait()
