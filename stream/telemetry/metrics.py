"""Metrics: what an operator's monitoring reads (Prometheus text). The only file that knows the client library.

No session names, no addresses: nothing here says who uses the machine.
"""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from stream.telemetry.stats import Stats
from stream.telemetry.trace import Tracer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BINS = (0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0)


class Metrics:
    """One process's figures. May be used from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.stage = Histogram(
            "understudy_stage_seconds", "Work of a stage on a frame.", ["stage"], buckets=BINS, registry=r
        )
        self.route = Histogram(
            "understudy_route_seconds", "Work on a frame by its route.", ["route"], buckets=BINS, registry=r
        )
        self.delay = Histogram(
            "understudy_delay_seconds", "From a frame's coming to its leaving.", buckets=BINS, registry=r
        )
        self.glass = Histogram(
            "understudy_glass_to_glass_seconds", "Whole delay, where a viewer reports it.", buckets=BINS, registry=r
        )
        self.frames = Counter("understudy_frames", "Frames by what became of them.", ["fate"], registry=r)
        words = "Frames dropped, by reason: newer (made room), lost (on the way here), viewer (too slow for them)."
        self.drops = Counter("understudy_drops", words, ["reason"], registry=r)
        self.sessions = Gauge("understudy_sessions", "Sessions now.", registry=r)
        self.viewers = Gauge("understudy_viewers", "Viewers now.", registry=r)
        self.queue = Gauge(
            "understudy_queue_depth", "Items that wait before a stage, all sessions.", ["stage"], registry=r
        )
        self.rung = Gauge("understudy_ladder_rung", "The highest rung of the overload ladder in use.", registry=r)
        self.skew = Gauge("understudy_av_skew_seconds", "Sound minus picture; the session that is worst.", registry=r)
        self.refused = Counter("understudy_refused", "Requests refused, by reason.", ["reason"], registry=r)
        self.jobs = Gauge("understudy_jobs", "Jobs by state.", ["state"], registry=r)

    def text(self) -> bytes:
        return generate_latest(self.registry)


class Codecs:
    """What the process's codecs and jitter buffers tell, whosever stream it is. row 0 of the trace."""

    def __init__(self, metrics: Metrics, tracer: Tracer | None = None) -> None:
        self._metrics, self._tracer = metrics, tracer
        if tracer is not None:
            tracer.name(0, "codecs")

    def coded(self, stage: str, began: float, ended: float, timestamp: int) -> None:
        self._metrics.stage.labels(stage).observe(ended - began)
        if self._tracer is not None:
            self._tracer.span(stage, 0, began, ended - began, pts=timestamp)

    def lost(self) -> None:
        self._metrics.drops.labels("lost").inc()


class Metered(Stats):
    """Stats of one session that also feed the process's metrics and, where there is one, the trace.

    frame: index of the frame now worked on. lane: the session's row in the trace.
    """

    def __init__(self, metrics: Metrics, tracer: Tracer | None = None, lane: int = 0, **more: Any) -> None:
        super().__init__(**more)
        self.frame = -1
        self._metrics, self._tracer, self._lane = metrics, tracer, lane

    def add(self, stage: str, seconds: float) -> None:
        super().add(stage, seconds)
        self._metrics.stage.labels(stage).observe(seconds)
        if self._tracer is not None:
            self._tracer.span(stage, self._lane, self.clock() - seconds, seconds, frame=self.frame)

    def routed(self, route: Any, seconds: float) -> None:
        super().routed(route, seconds)
        self._metrics.route.labels(str(route)).observe(seconds)
