"""What JSON Schema cannot say of Touchline's input, for schemathesis.

The description names formats of its own (`touchline-…`); here is what such values look like. Rules that tie fields
together are applied to what is sent: an amount has at most the decimals of its currency, a call does not end before it
began, a cost is of one day, the two words of an override belong together, of several identifiers or labels an empty one is as good as absent,
a query about a person names somebody, a query about an identifier exactly one, a period does not end before it begins, a model that
shares the sum of all records is asked by channel alone, paths are by one dimension of touches, and
an export is one that can be made.
"""

import re
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
schemathesis.openapi.format("touchline-count", st.integers(0, 10**12).map(str))
schemathesis.openapi.format("touchline-day", PAST.map(lambda at: at.strftime("%Y-%m-%d")))
schemathesis.openapi.format(
    "touchline-cost-cursor", st.tuples(st.integers(0, 30000), st.integers(0, 2**128 - 1)).map(lambda place: f"{place[0]}-{place[1]:032x}")
)
schemathesis.openapi.format("touchline-text", TEXT)
schemathesis.openapi.format(
    "touchline-url", st.from_regex(r"https?://[a-z]{1,12}\.example/[a-z0-9/]{0,20}(\?[a-z_]{1,9}=[a-z0-9]{0,9})?", fullmatch=True)
)
schemathesis.openapi.format(
    "touchline-screen", st.tuples(st.integers(0, 9999), st.integers(0, 9999)).map(lambda size: f"{size[0]}x{size[1]}")
)
schemathesis.openapi.format("touchline-event-name", st.sampled_from(["Purchase", "Lead", "Schedule", "CRM sale"]))
VALUES = ["whole", "linear", "last-touch", "time-decay:half-life=14d", "position-based"]
schemathesis.openapi.format("touchline-export-value", st.sampled_from(VALUES))
schemathesis.openapi.format("touchline-cursor", st.integers(0, 2**62).map(str))
schemathesis.openapi.format(
    "touchline-rule",
    st.from_regex(
        r"[a-z]{1,9}: [A-Z][a-z]{1,9} if (source|medium|campaign|referrer host) (is|contains|begins with) [a-z]{1,9}", fullmatch=True
    ),
)
schemathesis.openapi.format(
    "touchline-identifier-cursor", TEXT.map(lambda value: f"EmailAddress={value}".encode().hex())
)

TOUCHES = "channel source medium campaign term content landingPage referrer platform device".split()
SPANS = "Day Week Month Quarter Year".split()
TOUCH_TIMES = [f"touch{span}" for span in SPANS]
RECORDS = "stage milestone label currency found property.Region".split() + [span.lower() for span in SPANS]
DIMENSIONS = TOUCHES + TOUCH_TIMES + RECORDS
MODELS = "first-touch last-touch last-non-direct linear position-based time-decay w-shaped full-path markov markov-global shapley".split()
VALUE = TEXT.map(lambda text: text.replace("\\", "\\\\").replace("|", "\\|"))

schemathesis.openapi.format(
    "touchline-dimensions",
    st.lists(st.sampled_from(TOUCHES + RECORDS), unique=True, max_size=2)
    .flatmap(lambda names: st.sampled_from(TOUCH_TIMES + ["channel"]).map(lambda name: sorted({*names, name})))
    .map(",".join),
)
schemathesis.openapi.format(
    "touchline-model",
    st.lists(
        st.one_of(
            st.sampled_from(MODELS),
            st.integers(1, 90).map(lambda days: f"time-decay:half-life={days}d"),
            st.integers(0, 50).map(lambda first: f"position-based:first={first},last=50"),
        ),
        min_size=1,
        max_size=3,
    ).map(",".join),
)
schemathesis.openapi.format(
    "touchline-filter",
    st.tuples(st.sampled_from(["", "!"]), st.sampled_from(DIMENSIONS), st.lists(VALUE, min_size=1, max_size=3)).map(
        lambda parts: f"{parts[0]}{parts[1]}:{'|'.join(parts[2])}"
    ),
)
schemathesis.openapi.format("touchline-days", st.integers(1, 3650).map(lambda days: f"{days}d"))


IDENTIFIERS = ("email", "phone", "raId", "cookie", "payload")


def names_somebody(case):
    """Adds what the query lacks, and drops what it has too much of."""
    query = case.query if isinstance(case.query, dict) else {}
    given = [name for name in IDENTIFIERS if query.get(name)]
    is_about_a_person = case.path.endswith("/people") or case.path.endswith("/people/export")
    is_about_an_identifier = case.method == "DELETE" and case.path.endswith(("/cut", "/allowed"))
    if is_about_a_person and not given and not query.get("reference"):
        case.query = {**query, "email": "nobody@example.com"}
    if is_about_an_identifier and len(given) != 1:
        others = {name: value for name, value in query.items() if name not in given}
        case.query = {**others, "email": "nobody@example.com"}


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Every currency takes whole amounts; a query names whom it is about."""
    names_somebody(case)
    if "/report" in case.path or case.path.endswith("/receipt"):
        report_can_be_asked(case)
    if isinstance(case.body, dict):
        for name in ("OpportunityValue", "Value"):
            if isinstance(case.body.get(name), float):
                case.body[name] = int(case.body[name]) if abs(case.body[name]) < 10**12 else 0
        call_ends_when_it_began(case.body)
        override_words_belong_together(case.body)
    if case.path.endswith(("/exports/google-ads", "/exports/meta")):
        export_can_be_made(case)
    if "/adcosts" in case.path:
        for cost in case.body if isinstance(case.body, list) else [case.body]:
            cost_can_be_stored(cost)


def export_can_be_made(case):
    """Revenue is won, an opportunity's event has a name, only what happens in a shop may be old, and a value is one of ours:
    the client tries one parameter's text as another's."""
    query = case.query if isinstance(case.query, dict) else {}
    if query.get("kind") == "revenue" and query.get("milestone") in ("lead", "opportunity"):
        query = {**query, "milestone": "won"}
    if case.path.endswith("/meta") and query.get("milestone") == "opportunity" and not query.get("name"):
        query = {**query, "name": "Schedule"}
    days = str(query.get("eventDays", ""))
    if days.isdigit() and 7 < int(days) <= 62:
        query = {**query, "actionSource": "physical_store"}
    if query.get("value") and query["value"] not in VALUES:
        query = {**query, "value": "whole"}
    case.query = query


DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z?)?")
NAMES = f"({'|'.join(map(re.escape, DIMENSIONS))})"
WELL_FORMED = {
    **dict.fromkeys(("from", "to", "compareFrom", "compareTo"), DAY),
    **dict.fromkeys(("since", "until", "asOf"), MOMENT),
    "by": re.compile(f"{NAMES}(,{NAMES})*"),
    "model": re.compile(r"[a-z-]+(:[a-z-]+=\w+)?(,[a-z-]+([:=][a-z-]*=?\w+)?)*"),
    "where": re.compile(f"!?{NAMES}:.+"),
    "lookback": re.compile(r"\d+d"),
}


def report_can_be_asked(case):
    """Puts right what parameters say together. What one says wrongly by itself stays, and so do all beside it."""
    query = case.query if isinstance(case.query, dict) else {}
    if not all(value.fullmatch(str(query[name])) for name, value in WELL_FORMED.items() if name in query):
        return
    wanted = dict(query)
    for first, last in (("from", "to"), ("compareFrom", "compareTo"), ("since", "until")):
        if query.get(first) and query.get(last):
            wanted[first], wanted[last] = sorted((query[first], query[last]))
            if first == "since" and wanted[first][:10] == wanted[last][:10]:
                del wanted[last]
    by = query.get("by", "channel")
    if "markov-global" in query.get("model", "").split(","):
        wanted.pop("where", None)
        if by != "channel":
            wanted["by"] = "channel"
    if case.path.endswith("/report/paths") and by not in TOUCHES:
        wanted["by"] = "channel"
    if wanted != query:
        case.query = wanted


START, END = "StartDateTimeISO", "EndDateTimeISO"


def call_ends_when_it_began(body):
    if all(isinstance(body.get(name), str) and MOMENT.fullmatch(body[name]) for name in (START, END)):
        body[END] = body[START]


PERIODS = (("date_start", "date_stop"), ("StartDate", "EndDate"))


def cost_can_be_stored(cost):
    """Its amount has an ordinary size, and it is of one day: a long period has too many."""
    if not isinstance(cost, dict):
        return
    metrics = cost.get("GoogleApiResponse", {}).get("metrics") if isinstance(cost.get("GoogleApiResponse"), dict) else None
    for holder, name in ((cost, "Cost"), (cost, "Spend"), (cost, "spend"), (metrics, "costMicros")):
        value = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= 10**12:
            holder[name] = 0
    for start, end in PERIODS:
        if all(isinstance(cost.get(name), str) and MOMENT.fullmatch(cost[name]) for name in (start, end)):
            cost[end] = cost[start]


WORDS = {
    "MarketingChannelOverride": (
        "UnMatched Direct Offline Referral Email SMS Google Yahoo Bing DuckDuckGo Facebook Twitter LinkedIn Pinterest "
        "Instagram TikTok Reddit Snapchat YouTube AdRoll Outbrain StackAdapt Awin Journey"
    ).split(),
    "SourceCategoryOverride": "Paid Organic Places NotApplicable".split(),
}


def override_words_belong_together(body):
    given = [name for name in WORDS if body.get(name) is not None]
    if given and all(body[name] in WORDS[name] for name in given):
        body["MarketingChannelOverride"], body["SourceCategoryOverride"] = "Google", "Paid"


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
