"""The seam of every client that the Stainless generator makes: ``openai``, ``anthropic``, ``groq``, ``together``, …

Every resource method of these SDKs, every helper (``parse``, ``.stream()``, tool runners, pagers), every raw and
streaming-response form ends, exactly once a call, in one public method of the client::

    request(cast_to, options, *, stream=False, stream_cls=None)

The seam covers that method *on the instance*, and the methods that make another client out of this one. The class
stays what it was: SDKs compare ``type(client)``, and a subclass would change what they do. What is left on the instance
compares equal between a client and its copy, because the SDKs' own tests compare ``vars()`` of the two.

Others cover methods, too: what a program has put on a client is covered as it is and given back, and what it puts over
a cover is covered when the client is wrapped again. A cover that a program has kept lets calls pass once it is off.

At this place the SDK still holds apart what becomes one body: ``options.json_data`` (arguments) and
``options.extra_json`` (``extra_body``). The wire itself is seen by :mod:`thence.seams.wire`.
"""

from __future__ import annotations

from typing import Any

from thence import faults, frames
from thence.scope import in_flight, newest
from thence.seams import keys, websocket, wire
from thence.seams.asking import asked_and_filled, client_facts, described
from thence.seams.callback_call import is_inside
from thence.seams.cover import Cover, Covering, base_of, covers, is_cover, seam_of
from thence.seams.origin import call_origin
from thence.seams.recording import Recorder, Recording, around, new_call_id, now
from thence.seams.tracing import trace
from thence.seams.versions import versions

__all__ = ["cover", "covered", "is_stainless", "uncover"]

_COPIES = ("copy", "with_options")


def is_stainless(client: object) -> bool:
    """Whether ``client`` is an instance (not a class) of a client that the Stainless generator made."""
    return not isinstance(client, type) and base_of(type(client)) is not None and hasattr(client, "_client")


class _Request(Cover):
    """Covers the sync ``request``."""

    def __call__(self, cast_to: Any, options: Any, *args: Any, **kwargs: Any) -> Any:
        recording, options = _open(self, options)
        if recording is None:
            return self.method(cast_to, options, *args, **kwargs)
        outer = in_flight.get()
        in_flight.set(recording)
        try:
            result = self.method(cast_to, options, *args, **kwargs)
            _settle(self, recording, options, None)
        except BaseException as error:
            _settle(self, recording, options, error)
            raise
        finally:
            in_flight.set(outer)
            _landed(self.covering, recording)
        return result


class _AsyncRequest(Cover):
    """Covers the async ``request``."""

    async def __call__(self, cast_to: Any, options: Any, *args: Any, **kwargs: Any) -> Any:
        recording, options = _open(self, options)
        if recording is None:
            return await self.method(cast_to, options, *args, **kwargs)
        outer = in_flight.get()
        in_flight.set(recording)
        try:
            result = await self.method(cast_to, options, *args, **kwargs)
            _settle(self, recording, options, None)
        except BaseException as error:
            _settle(self, recording, options, error)
            raise
        finally:
            in_flight.set(outer)
            _landed(self.covering, recording)
        return result


class _Copy(Cover):
    """Covers a method that makes another client out of this one: what comes back is covered too."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        made = self.method(*args, **kwargs)
        with faults.guard("cover of a copy"):
            recorder = self.covering.recorder
            if recorder is not None and is_stainless(made) and covered(made) is not recorder:
                uncover(made)
                cover(made, recorder)
        return made


class _State(Cover):
    """Covers ``__getstate__``, which ``copy`` and ``pickle`` ask for what an instance holds: that is without covers.

    A cover on a shallow copy would call the client that it was made for, with that one's key and address.
    """

    def __call__(self) -> Any:
        client = self.covering.client
        state = vars(client) if self.method is None else self.method()
        if isinstance(state, tuple):  # with the values of slots
            return (_uncovered(state[0]), *state[1:])
        return _uncovered(state)


def _uncovered(state: Any) -> Any:
    if not isinstance(state, dict):
        return state
    kept = {name: value for name, value in state.items() if not is_cover(value) or value.own is not None}
    return {name: value.own if is_cover(value) else value for name, value in kept.items()}


_REQUESTS = {False: _Request, True: _AsyncRequest}


def _open(request: Cover, options: Any) -> tuple[Recording | None, Any]:
    """Begin the recording of one call, with the layers' values filled into ``options``. Never raises."""
    try:
        client, seam, recorder = request.covering.client, request.covering.seam, request.covering.recorder
        if recorder is None:
            return None, options
        if not wire.sees(client):
            wire.attach(client, is_async=seam.is_async)
        if recorder.redact is not None:
            keys.learn(client, recorder.redact.known)  # a program may have given it another key since
        at = now()
        begin = frames.Begin(
            call_id=new_call_id(at),
            at=at,
            seam="stainless",
            method=str(options.method).upper(),
            url=str(options.url),
            body="options",
            sdk=seam.sdk_version,
            callsite=call_origin(seam.sdk, depth=1),
            capture=recorder.capture,
            client=client_facts(client, options),
            versions=versions(seam.package),
            parent=around(),
        )
        if is_inside(begin.callsite):
            return None, options
        newest.set((recorder.store, begin.call_id))
        trace(begin)
        asked, options = asked_and_filled(begin, recorder, options)
        begin.asked = asked
        recording = Recording(recorder, begin, described(options))
        request.covering.flying.add(recording)
        if request.covering.recorder is None:  # unwrapped meanwhile, by another thread: this call is seen to its end
            wire.attach(client, is_async=seam.is_async)
        return recording, options
    except Exception as error:
        faults.note("opening a call", error)
        return None, options


def _landed(covering: Covering, recording: Recording) -> None:
    """A call's method is over. The last one of a client that was unwrapped meanwhile takes the hooks away."""
    covering.flying.discard(recording)
    if covering.recorder is None and not covering.flying:
        with faults.guard("taking the hooks away"):
            if covered(covering.client) is None:
                wire.detach(covering.client)


def _settle(request: Cover, recording: Recording, options: Any, error: BaseException | None) -> None:
    """The SDK's method is over; a call without an HTTP request in it is over too.

    What went wrong is often told with the key that was refused: one that a function gave to the client meanwhile, or
    the call's own.
    """
    try:
        if error is None:
            recording.returned()
            return
        recorder = request.covering.recorder
        if recorder is not None and recorder.redact is not None:
            keys.learn(request.covering.client, recorder.redact.known, options)
        recording.failed(error)
    except Exception as fault:
        faults.note("closing a call", fault)


def covered(client: Any) -> Recorder | None:
    """The recorder of a client that is covered; None of one that is not."""
    return next((cover.covering.recorder for cover in covers(client)), None)


def cover(client: Any, recorder: Recorder) -> None:
    """Record the calls of ``client`` with ``recorder``. A client that is covered keeps the recorder that it has."""
    known = covered(client)
    if known is not None:
        if any(type(each) in _REQUESTS.values() for each in covers(client)):
            return
        recorder = known  # a program has put something over the cover: that is what is covered now
        _let_go(client)
    base = base_of(type(client))
    if base is None:
        msg = f"no Stainless client: {type(client).__name__}"
        raise TypeError(msg)
    seam = seam_of(base)
    covering = Covering(client, recorder, seam)
    client.__dict__["request"] = _REQUESTS[seam.is_async](covering, "request")
    client.__dict__["__getstate__"] = _State(covering, "__getstate__")
    for name in _COPIES:
        if callable(getattr(client, name, None)):
            client.__dict__[name] = _Copy(covering, name)
    websocket.attach(covering)
    if not wire.attach(client, is_async=seam.is_async):
        said = (
            f"of a {type(client).__name__} the HTTP client has no event hooks: its requests are recorded as asked for"
        )
        faults.note("client without hooks", said)
    if recorder.redact is not None:
        recorder.redact.known.learn(keys.secrets_of(client))


def uncover(client: Any) -> bool:
    """Give the client its own methods back. False where it was not covered. Calls on their way are still recorded."""
    covering = next((cover.covering for cover in covers(client)), None)
    if covering is None:
        return False
    _let_go(client)
    if not covering.flying:
        wire.detach(client)
    return True


def _let_go(client: Any) -> None:
    """Take the covers off, and out of force wherever a program has kept one."""
    members = client.__dict__
    for name, value in list(members.items()):
        if is_cover(value):
            if value.covering.client is client:
                value.covering.recorder = None
            if value.own is None:
                del members[name]
            else:
                members[name] = value.own
