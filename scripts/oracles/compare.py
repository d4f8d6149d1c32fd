"""Our attribution models against ChannelAttribution and marketing-attribution-models, on the same paths.

    compare.py TOUCHLINE PATHS.csv.gz FOLDER      FOLDER takes a file of paths with times that is made on the way

ChannelAttribution is GPL, so it is asked here and shipped nowhere. Rule-based models and removal effects must be equal.
ChannelAttribution's Markov model is a simulation, so it is held to a band around the exact answer, which is ours.
"""

import json
import subprocess
import sys

import ChannelAttribution
import pandas
from mam.core import MAM

# Enough for the simulation to come within the band in seconds; its own defaults are up to 13% off.
SIMULATION = {"nsim_start": 1_000_000, "conv_par": 0.005, "max_step": 10_000, "seed": 1}
BAND = 0.02
BAND_FROM_CONVERSIONS = 100

failures = []


def touchline(program, path, *arguments):
    """What `touchline attribute` says."""
    command = [program, "attribute", path, "--format", "json", *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def credit(answer, name, what):
    """The channels' parts under one model."""
    [model] = [model for model in answer["models"] if model["model"] == name]
    return {channel: share[what] for channel, share in model["channels"].items()}


def compare(title, ours, theirs, tolerance, channels=None):
    """Holds every channel to a relative tolerance, and prints the largest difference."""
    if set(ours) != set(theirs):
        failures.append(title)
        print(f"{title:<66} FAILED: {sorted(ours)} and {sorted(theirs)}")
        return
    compared = channels or sorted(ours)
    worst = max(abs(ours[channel] - theirs[channel]) / max(abs(theirs[channel]), 1e-12) for channel in compared)
    is_near = worst <= tolerance
    if not is_near:
        failures.append(title)
    verdict = "" if is_near else "FAILED"
    print(f"{title:<66} {worst:9.2e}  of {tolerance:.0e} {verdict}")


def column(frame, names, values):
    return dict(zip(frame[names], frame[values].astype(float)))


def channel_attribution(paths, ours):
    """First, last, linear; and Markov, over all records at once."""
    names = {"first-touch": "first_touch", "last-touch": "last_touch", "linear": "linear_touch"}
    theirs = ChannelAttribution.heuristic_models(
        paths, "path", "total_conversions", var_value="total_conversion_value", flg_pro=False
    )
    for model, name in names.items():
        for what, kind in (("conversions", "conversions"), ("value", "value")):
            title = f"{model}, {what}: ChannelAttribution"
            compare(title, credit(ours, model, what), column(theirs, "channel_name", f"{name}_{kind}"), 1e-9)
    simulated = ChannelAttribution.markov_model(
        paths, "path", "total_conversions", var_null="total_null", order=1, out_more=True, flg_pro=False, **SIMULATION
    )
    theirs = column(simulated["result"], "channel_name", "total_conversions")
    large = [channel for channel, conversions in theirs.items() if conversions > BAND_FROM_CONVERSIONS]
    title = f"markov-global, {len(large)} large channels: ChannelAttribution (simulated)"
    compare(title, credit(ours, "markov-global", "conversions"), theirs, BAND, large)


def grouped(paths):
    """One row for each path and outcome, as marketing-attribution-models takes them."""
    outcomes = [("total_conversions", True), ("total_null", False)]
    rows = [
        pandas.DataFrame({"path": paths["path"], "converted": converted, "count": paths[count]})
        for count, converted in outcomes
    ]
    rows = pandas.concat(rows, ignore_index=True)
    return rows[rows["count"] > 0]


def attribution_models(paths, ours):
    """First, last, linear, position based; and Markov, in every journey."""
    theirs = MAM(
        grouped(paths),
        format_type="grouped_journey",
        channels_colname="path",
        journey_with_conv_colname="converted",
        occurrences_colname="count",
    )
    markov = theirs.run_markov()
    results = {
        "first-touch": theirs.run_first_click(),
        "last-touch": theirs.run_last_click(),
        "linear": theirs.run_linear(),
        "position-based": theirs.run_position_based(),
        "markov": markov,
    }
    for model, result in results.items():
        frame = result.to_pandas()
        title = f"{model}, conversions: marketing-attribution-models"
        # Removal effects are weights of whole numbers up to 2^32: small ones are rounded most.
        tolerance = 1e-7 if model == "markov" else 1e-9
        compare(title, credit(ours, model, "conversions"), column(frame, "channels", "attribution"), tolerance)
    effects = markov.metadata["removal_effect"]["removal_effect"].to_dict()
    compare("removal effects: marketing-attribution-models", ours["removalEffects"], effects, 1e-9)


def with_times(paths, folder, program):
    """Time decay. The public paths have no times, so some are made up: hours that grow, differently in each path."""
    rows = paths[paths["total_conversions"] > 0].head(5_000).reset_index(drop=True)
    steps = [row.split(" > ") for row in rows["path"]]
    hours = []
    for number, channels in enumerate(steps):
        at, times = 0, []
        for place in range(len(channels)):
            at += (number * 7 + place * 13) % 61
            times.append(at)
        hours.append(times)
    file = f"{folder}/times.csv"
    joined = [" > ".join(str(hour * 3600) for hour in times) for times in hours]
    pandas.DataFrame({"path": rows["path"], "total_conversions": 1, "times": joined}).to_csv(file, index=False)
    before = [" > ".join(str(float(times[-1] - hour)) for hour in times) for times in hours]
    theirs = MAM(
        pandas.DataFrame({"id": range(len(rows)), "path": rows["path"], "converted": True, "hours": before}),
        format_type="journey",
        channels_colname="path",
        journey_with_conv_colname="converted",
        user_id_colname="id",
        time_till_conv_colname="hours",
    )
    for half_life, ours in ((168.0, "time-decay"), (36.0, "time-decay:half-life=36h")):
        answer = touchline(program, file, "--model", ours)
        frame = theirs.run_time_decay(half_life_hours=half_life).to_pandas()
        title = f"{ours}, conversions: marketing-attribution-models"
        compare(title, credit(answer, "time-decay", "conversions"), column(frame, "channels", "attribution"), 1e-8)


def shapley(paths, ours):
    """By its definition for the game that we play: an even split over a journey's different channels."""
    theirs = dict.fromkeys(ours["removalEffects"], 0.0)
    for path, conversions in zip(paths["path"], paths["total_conversions"]):
        channels = set(path.split(" > "))
        for channel in channels:
            theirs[channel] += conversions / len(channels)
    compare("shapley, conversions: an even split over channels", credit(ours, "shapley", "conversions"), theirs, 1e-9)


def main(program, file, folder):
    paths = pandas.read_csv(file)
    ours = touchline(program, file)
    totals = (ours["paths"], ours["conversions"], ours["nulls"])
    print(f"{totals[0]} paths, {totals[1]} conversions, {totals[2]} nulls, base rate {ours['baseRate']:.6f}")
    expected = (len(paths), int(paths["total_conversions"].sum()), int(paths["total_null"].sum()))
    if totals != expected:
        failures.append(f"the totals are {expected}")
    print(f"{'largest relative difference of any channel':<66}")
    channel_attribution(paths, ours)
    attribution_models(paths, ours)
    with_times(paths, folder, program)
    shapley(paths, ours)
    if failures:
        sys.exit("FAILED: " + "; ".join(failures))


main(*sys.argv[1:])
