"""What alarms are heard through: Panda3D's OpenAL in 3D, about ears that are always at the origin."""

from collections.abc import Sequence

import panda3d.core as p3d

from twinswing.headset.alarm_sound import SOUNDS, Call, Rota, SoundParams, heard_from
from twinswing.headset.frames import FloatArray
from twinswing.resources import asset

_PRC = "audio-library-name p3openal_audio\nnotify-level-audio fatal"
_OF_A_KIND = 2  # players of each sound: of a second alarm of the same priority


class AlarmVoice:
    """Plays calls. Without a sound device it is silent, and `there` says so."""

    def __init__(self, params: SoundParams | None = None) -> None:
        self.params = params or SoundParams()
        self._page = p3d.load_prc_file_data("alarms' sounds", _PRC)
        self._manager = p3d.AudioManager.create_AudioManager()
        self.there = bool(self._manager.is_valid())
        self._rota = Rota()
        self._free: dict[str, list[p3d.AudioSound]] = {}
        self._playing: dict[str, tuple[Call, p3d.AudioSound]] = {}
        if not self.there:
            return
        # The ears stay; what is heard moves about them, in the viewer's own metres.
        self._manager.audio_3d_set_listener_attributes(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1)
        for name in SOUNDS.values():
            path = p3d.Filename.from_os_specific(str(asset("sounds", f"{name}.wav")))
            sounds = [self._manager.get_sound(path, True) for _ in range(_OF_A_KIND)]
            for sound in sounds:
                sound.set_3d_min_distance(self.params.full_m)
            self._free[name] = sounds

    def update(self, calls: Sequence[Call], head: FloatArray, now_s: float) -> None:
        """Begin the calls that are due, move those that sound, stop those whose alarm calls no more."""
        wanted = {call.key for call in calls}
        for key, (call, sound) in list(self._playing.items()):
            if key not in wanted:
                sound.stop()
            if key not in wanted or sound.status() != p3d.AudioSound.PLAYING:
                self._free[call.sound].append(self._playing.pop(key)[1])
        self._rota, begun = self._rota.next(calls, now_s, self.params)
        if not self.there:
            return
        for call in begun:
            if self._free[call.sound] and call.key not in self._playing:
                self._playing[call.key] = (call, self._free[call.sound].pop())
                self._start(*self._playing[call.key], head)
        for call, sound in self._playing.values():
            self._place(call, sound, head)
        self._manager.update()

    def _start(self, call: Call, sound: p3d.AudioSound, head: FloatArray) -> None:
        self._place(call, sound, head)
        sound.play()

    @staticmethod
    def _place(call: Call, sound: p3d.AudioSound, head: FloatArray) -> None:
        x, y, z = heard_from(head, call.place_m).tolist()
        sound.set_3d_attributes(x, y, z, 0, 0, 0)

    def close(self) -> None:
        """Stop all, and give the device back."""
        for _, sound in self._playing.values():
            sound.stop()
        self._playing.clear()
        self._free.clear()
        if self.there:
            self._manager.shutdown()
            self.there = False
        p3d.unload_prc_file(self._page)
