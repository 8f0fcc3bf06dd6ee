"""Whether a receiver is to be told of an alert."""

from schemas.records import Alert
from streams.alerts.config import Route


def wanted(routes: tuple[Route, ...], receiver: str, alert: Alert) -> bool:
    """Whether one of the routes to the receiver takes the alert; all routes count, in any order."""
    return any(receiver in route.receivers and takes(route, alert) for route in routes)


def takes(route: Route, alert: Alert) -> bool:
    """Whether an alert is what a route asks for. What it does not have, no list but all takes."""
    asked = (
        (route.kinds, alert.kind),
        (route.severities, alert.severity),
        (route.tenants, alert.tenant),
        (route.components, alert.labels.get("component")),
        (route.categories, alert.labels.get("category")),
        (route.segments, alert.labels.get("segment")),
    )
    return all(not values or value in values for values, value in asked)
