"""RateLimit: how often something may happen: a bucket that fills steadily. Pure; seconds are passed in."""

from dataclasses import dataclass


@dataclass(slots=True)
class RateLimit:
    """per_minute: how much comes back in a minute. burst: how much the bucket holds. level: what is in it at `at`."""

    per_minute: float
    burst: float
    level: float
    at: float

    @classmethod
    def full(cls, per_minute: float, now: float, burst: float | None = None) -> "RateLimit":
        """A full bucket. burst: None for a minute's worth."""
        most = per_minute if burst is None else burst
        return cls(per_minute, most, most, now)

    def take(self, now: float) -> float:
        """0 if it may happen now, else the seconds until it may."""
        self.level = min(self.burst, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) * 60 / self.per_minute

    def idle(self, now: float) -> bool:
        """Whether the bucket is full again, so that forgetting it changes nothing."""
        return self.level + (now - self.at) * self.per_minute / 60 >= self.burst
