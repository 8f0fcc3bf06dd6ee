"""Which open anomaly a problem belongs to, as far as the anomalies' records say."""

from collections.abc import Iterable

from detectors import Fingerprint
from detectors.masking import chunks
from schemas.records import Anomaly, AnomalyLink
from streams.core.anomalies.centres import Centre, Part, nearest, packed, usable
from streams.core.anomalies.grouping import forms

Name = tuple[str, str]
"""A tenant, and what something of it goes by."""


class OpenAnomalies:
    """The anomalies that are open, by all that a problem can be known by."""

    def __init__(self, anomalies: Iterable[Anomaly] = ()) -> None:
        self._by_id: dict[str, Anomaly] = {}
        self._by_name: dict[Name, Anomaly] = {}
        self._by_component: dict[Name, Anomaly] = {}
        self._by_category: dict[Name, Anomaly] = {}
        self._centres: dict[str, list[tuple[Anomaly, Centre, Part]]] = {}
        # Of several that fit, the one that began first.
        for one in sorted(anomalies, key=lambda one: (one.since, one.anomaly_id)):
            self._add(one)

    def link(
        self,
        tenant: str,
        category: str,
        problem: Fingerprint | None,
        before: AnomalyLink | None = None,
    ) -> AnomalyLink | None:
        """The anomaly of a message's problem, else the one that its ticket had, while it is open.

        A problem belongs to an anomaly that names its fingerprint or one of the forms of its text,
        or its component. An anomaly that names neither is about its whole category. Where nothing
        names it, it belongs to the one it is nearest to in meaning, if near enough. That it does
        not work is said of everything: such a name counts for no anomaly of a component.
        """
        if not self._by_id:
            return None
        found = None if problem is None else self._of(tenant, category, problem)
        if found is None and before is not None:
            found = self._by_id.get(before.anomaly_id)
        if found is None and problem is not None:
            found = self._nearest(tenant, category, problem)
        return None if found is None else _linked(found)

    def _add(self, anomaly: Anomaly) -> None:
        tenant = anomaly.tenant
        self._by_id[anomaly.anomaly_id] = anomaly
        if numbers := usable(anomaly.meaning):
            centre = Centre(packed(numbers), anomaly.meaning_version)
            part = Part(anomaly.component, anomaly.category)
            self._centres.setdefault(tenant, []).append((anomaly, centre, part))
        for name in (*anomaly.fingerprints, *anomaly.aliases):
            self._by_name.setdefault((tenant, name), anomaly)
        if anomaly.component is not None:
            self._by_component.setdefault((tenant, anomaly.component), anomaly)
        elif not anomaly.fingerprints:
            self._by_category.setdefault((tenant, anomaly.category), anomaly)

    def _of(self, tenant: str, category: str, problem: Fingerprint) -> Anomaly | None:
        names = [problem.id]
        if problem.error_text is not None:
            names += forms(chunks(problem.template))
        vague = problem.error_text is None and problem.component is None
        for name in names:
            found = self._by_name.get((tenant, name))
            if found is not None and not (vague and found.component is not None):
                return found
        if problem.component is not None:
            found = self._by_component.get((tenant, problem.component))
            if found is not None:
                return found
        return self._by_category.get((tenant, category))

    def _nearest(self, tenant: str, category: str, problem: Fingerprint) -> Anomaly | None:
        numbers, version = problem.meaning or problem.also_means, problem.meaning_version
        part = Part(problem.component, category)
        return nearest(self._centres.get(tenant, ()), numbers, version, part)


def _linked(anomaly: Anomaly) -> AnomalyLink:
    return AnomalyLink(
        anomaly_id=anomaly.anomaly_id,
        title=anomaly.title,
        since=anomaly.since,
        accounts=anomaly.peak_accounts or anomaly.accounts,
        revision=anomaly.revision,
        as_of=anomaly.updated_at,
    )
