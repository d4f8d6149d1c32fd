"""What JSON Schema cannot say of Touchline's input, for schemathesis.

The description names formats of its own (`touchline-…`); here is what such values look like. Two rules tie fields
together and are applied to what is sent: an amount has at most the decimals of its currency, and of several identifiers
or labels an empty one is as good as absent.
"""

from datetime import datetime

import schemathesis
from hypothesis import strategies as st

PAST = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2024, 1, 1))
TEXT = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=60
)

schemathesis.openapi.format(
    "touchline-moment",
    st.one_of(
        PAST.map(lambda at: at.strftime("%Y-%m-%d")),
        PAST.map(lambda at: at.replace(microsecond=0).isoformat()),
        PAST.map(lambda at: at.replace(microsecond=0).isoformat() + "Z"),
        PAST.map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%f")),
    ),
)
schemathesis.openapi.format("touchline-amount", st.integers(-(10**12), 10**12).map(str))
schemathesis.openapi.format("touchline-text", TEXT)
schemathesis.openapi.format("touchline-cursor", st.integers(0, 2**62).map(str))
schemathesis.openapi.format(
    "touchline-rule",
    st.from_regex(
        r"[a-z]{1,9}: [A-Z][a-z]{1,9} if (source|medium|campaign|referrer host) (is|contains|begins with) [a-z]{1,9}", fullmatch=True
    ),
)


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Every currency takes whole amounts."""
    if isinstance(case.body, dict):
        for name in ("OpportunityValue", "Value"):
            if isinstance(case.body.get(name), float):
                case.body[name] = int(case.body[name]) if abs(case.body[name]) < 10**12 else 0


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    """An empty or null value among others that are not is accepted by design."""
    if type(failure).__name__ != "AcceptedNegativeData" or not isinstance(case.body, dict):
        return True
    identifiers = case.body.get("VisitorIdentifierOptions")
    labels = case.body.get("Labels")
    values = [i.get("Value") for i in identifiers if isinstance(i, dict)] if isinstance(identifiers, list) else []
    values += labels if isinstance(labels, list) else []
    return not any(value in ("", None) for value in values)
