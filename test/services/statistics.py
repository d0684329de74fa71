"""Holds rolling statistics against pandas. Standard input: lines of JSON with `window` (ns), then `tick` and `made` rows."""
import json
import sys

import numpy as np
import pandas as pd

head = json.loads(sys.stdin.readline())
window, reference = int(head["window"]), head["reference"]
ticks, made = [], []
for line in sys.stdin:
    row = json.loads(line)
    (ticks if row.pop("is") == "tick" else made).append(row)


def value(row, name, exponent):
    return int(row[name]) * 10.0 ** row[exponent] if name in row else np.nan


# A trade that is broken has neither price nor size.
trades = [r for r in ticks if "kind" in r and "price" in r and "size" in r]
tops = [r for r in ticks if "kind" not in r]
got = pd.DataFrame(made).set_index(["number", "part", "instrument"])
worst, held = 0.0, 0


def hold(name, wanted):
    """wanted: a series by (number, part, instrument)."""
    global worst, held
    both = got.join(wanted.rename("wanted"), how="inner")
    ours = pd.to_numeric(both[name]).to_numpy(dtype=float) if name in both else np.full(len(both), np.nan)
    theirs = both["wanted"].to_numpy(dtype=float)
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        at = int(np.argmax(np.isnan(ours) != np.isnan(theirs)))
        sys.exit(f"{name}: {ours[at]} and not {theirs[at]}, of {both.index[at]}; {int((np.isnan(ours) != np.isnan(theirs)).sum())} such")
    some = ~np.isnan(ours)
    # A correlation near nought is what is left of products that cancel: its error is of the size of 1, not of its own.
    beyond = np.abs(ours - theirs) - 1e-9 * (1 if name == "correlation" else np.abs(theirs)) - 1e-12
    if (beyond[some] > 0).any():
        at = np.nanargmax(beyond)
        sys.exit(f"{name}: {ours[at]} and not {theirs[at]}, of {both.index[at]}")
    if some.sum() == 0:
        sys.exit(f"{name}: nothing to hold")
    worst = max(worst, float(np.max(np.abs(ours[some] - theirs[some]))))
    held += int(some.sum())


def frames(rows):
    frame = pd.DataFrame(rows)
    frame["at"] = pd.to_datetime(frame["receiveTime"].astype("int64"))
    return {name: part.set_index("at") for name, part in frame.groupby("instrument", sort=False)}


span = pd.Timedelta(window, "ns")
for r in trades:
    r["p"], r["q"] = value(r, "price", "priceExponent"), value(r, "size", "sizeExponent")
out = {name: [] for name in ["trades", "volume", "vwap", "volatility", "spread", "meanSpread", "imbalance", "correlation"]}
keys = ["number", "part", "instrument"]
for part in frames(trades).values():
    roll = lambda series: series.rolling(span, min_periods=1)
    back = np.log(part["p"] / part["p"].shift())
    volume = roll(part["q"]).sum()
    rows = {"trades": roll(part["q"]).count(), "volume": volume, "vwap": roll(part["p"] * part["q"]).sum() / volume,
            # Each window by itself: pandas' own running sums are not exact enough to hold anything against.
            "volatility": back.rolling(span, min_periods=2).apply(lambda x: np.std(x[~np.isnan(x)], ddof=1), raw=True)}
    index = pd.MultiIndex.from_frame(part[keys])
    for name, series in rows.items():
        out[name].append(pd.Series(series.to_numpy(), index=index))

for r in tops:
    bid, ask = value(r, "bidPrice", "priceExponent"), value(r, "askPrice", "priceExponent")
    b, a = float(r["bidSize"]) if "bidSize" in r else np.nan, float(r["askSize"]) if "askSize" in r else np.nan
    r["s"], r["mid"], r["i"] = ask - bid, (ask + bid) / 2, (b - a) / (b + a)
begin = int(ticks[0]["receiveTime"])
step = window / 60


def samples(part, steps):
    """The mid price before each step."""
    at = np.floor((part.index.astype("int64") - begin) / step).astype(int)
    by = pd.Series(part["mid"].to_numpy(), index=at).groupby(level=0).last().reindex(range(first, steps)).ffill()
    # Not the difference of two logarithms: of a small return it keeps few digits.
    return np.log(by / by.shift())


parts = frames(tops)
first = int(np.floor((min(int(r["receiveTime"]) for r in ticks) - begin) / step))
steps = int((max(int(r["receiveTime"]) for r in ticks) - begin) // step) + 1
others = {name: samples(part, steps) for name, part in parts.items()}
for name, part in parts.items():
    index = pd.MultiIndex.from_frame(part[keys])
    for what, series in {"spread": part["s"], "meanSpread": part["s"].rolling(span, min_periods=1).mean(), "imbalance": part["i"]}.items():
        out[what].append(pd.Series(series.to_numpy(), index=index))
    if name == reference:
        continue
    # Of the step that a row is in, the return up to its begin is the newest: sixty at most that both have.
    together = pd.concat([others[name], others[reference]], axis=1, keys=["x", "y"])
    at = np.floor((part.index.astype("int64") - begin) / step).astype(int)
    values = []
    for k in at:
        last = together.loc[k - 60:k - 1].dropna()
        values.append(last["x"].corr(last["y"]) if len(last) > 1 and last.std(ddof=0).min() > 1e-12 else np.nan)
    out["correlation"].append(pd.Series(values, index=index))

for name, series in out.items():
    joined = pd.concat(series)
    if name == "correlation":
        other = got.index.get_level_values("instrument") != reference
        joined = joined[joined.index.isin(got.index[other])]
    hold(name, joined)
print(json.dumps({"held": held, "worst": worst}))
